//! Questions with numbers, and the schemas that they are asked over.

use crate::fixtures::{schema, shop};
use crate::prepared::Prepared;
use crate::understand::tests::library;

/// The questions of the repository's own tests, whatever they are about.
const ASKED: [&str; 6] = [
    include_str!("../understand/tests.tsv"),
    include_str!("../../../pgrx-tests/questions/shop.tsv"),
    include_str!("../../../pgrx-tests/questions/chinook.tsv"),
    include_str!("../../../pgrx-tests/questions/northwind.tsv"),
    include_str!("../../../pgrx-tests/questions/pagila.tsv"),
    include_str!("../../../demo/questions.txt"),
];

pub fn asked() -> impl Iterator<Item = &'static str> {
    let lines = ASKED.iter().flat_map(|file| file.lines());
    lines.filter(|line| !line.starts_with('#') && !line.is_empty()).filter_map(|line| line.split('\t').next())
}

/// More questions with numbers than the files have.
pub const NUMBERED: [&str; 40] = [
    "top 5 customers by number of orders",
    "the 10 most expensive products",
    "the 3 oldest customers",
    "first 20 orders",
    "last 4 orders",
    "5 cheapest products",
    "7 books with the most pages",
    "products over 25",
    "products that cost more than 80 euro",
    "products between 20 and 25 euro",
    "books with more than 400 pages",
    "books with at least 300 pages",
    "books with 300 or more pages",
    "books under 10 dollars",
    "books priced below 15 and longer than 350 pages",
    "customers with more than 3 orders",
    "customers with at least 2 payments",
    "members with fewer than 6 loans",
    "authors with 12 books",
    "how many products have a price above 50",
    "number of orders with freight over 120",
    "top 3 categories by average price of products over 20",
    "average price per category, only where it is above 30",
    "order 42",
    "orders of customer 17",
    "product 300",
    "employees with a salary between 2000 and 3000",
    "employees with a salary over 4500",
    "reviews with 4 stars",
    "products not more than 9 euro",
    "products whose price is not 99",
    "members who joined more than 30 days ago",
    "loans in the last 90 days",
    "customers older than 30",
    "orders in 2023",
    "top 5 customers in 2023",
    "orders of week 12",
    "books published after 1999",
    "top 10 products with more than 5 reviews and a price under 40",
    "top 2 million customers by number of orders",
];

pub fn schemas() -> Vec<(&'static str, Prepared)> {
    let store = schema(
        "categories
  category_id int pk
  name text ! u
products
  product_id int pk
  name text ! u
  category_id int ! -> categories.category_id
  price numeric !
  stock int !
  weight_g int
  discontinued bool !
customers
  customer_id int pk
  first_name text !
  last_name text !
  city text !
  birth_date date
  age int
orders
  order_id int pk
  customer_id int ! -> customers.customer_id
  ordered_on date !
  status status !
  total numeric !
order_items
  order_id int pk -> orders.order_id
  product_id int pk -> products.product_id
  quantity int !
films
  film_id int pk
  title text !
  length_minutes int
  release_year int
  rating int
",
    );
    vec![("shop", Prepared::new(shop())), ("library", library()), ("store", Prepared::new(store))]
}
