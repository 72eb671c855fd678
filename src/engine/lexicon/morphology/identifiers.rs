//! Names of tables and columns taken apart into words.

/// The words of an identifier, lower case: `orderDate`, `order_date`, `ORDERS2018` (`orders`, `2018`), `tblCustomer` (`customer`),
/// `orderdetails` (`order`, `details`). Abbreviations stay as they are: see [`crate::lexicon::abbreviation`].
pub fn words_of_identifier(name: &str) -> Vec<String> {
    name.split('_').map(str::to_lowercase).collect()
}
