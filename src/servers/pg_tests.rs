//! Servers in force as a backend finds them: run with `cargo pgrx test`.

#[pgrx::pg_schema]
mod tests {
    use pgrx::prelude::*;

    use crate::servers::{Key, Listed, ModelServer, listed};

    fn run(sql: &str) {
        Spi::run(sql).expect("test SQL runs");
    }

    fn create(name: &str, more: &str) {
        run(&format!(
            "CREATE SERVER {name} FOREIGN DATA WRAPPER nl_query
             OPTIONS (api 'openai', url 'https://models.example/v1', model 'small-1'{more})"
        ));
    }

    /// What there is to each name of the list.
    fn shown() -> Vec<String> {
        listed()
            .into_iter()
            .map(|listed| match listed {
                Listed::Usable(server) => format!("{}: usable", server.name),
                Listed::NoPrivilege(name) => format!("{name}: no privilege"),
                Listed::Bad { name, why } => format!("{name}: {why}"),
            })
            .collect()
    }

    fn only() -> ModelServer {
        match listed().pop() {
            Some(Listed::Usable(server)) => *server,
            _ => panic!("not usable: {:?}", shown()),
        }
    }

    fn key() -> String {
        match only().key {
            Key::None => "none".to_owned(),
            Key::File(path) => format!("file {path}"),
            Key::Mapping(key) => format!("mapping {}", key.expose()),
        }
    }

    const MISSING: &str = "missing: there is no foreign server of this name in this database";
    const ALIEN: &str = "alien: it is not a server of foreign-data wrapper \"nl_query\"";

    #[pg_test]
    fn servers_are_listed_in_order_each_with_what_keeps_it_from_use() {
        assert_eq!(shown(), Vec::<String>::new());
        create("gpt", "");
        create("\"Big, \"\"one\"", "");
        run("CREATE FOREIGN DATA WRAPPER other; CREATE SERVER alien FOREIGN DATA WRAPPER other; CREATE ROLE asker;
             GRANT USAGE ON FOREIGN SERVER gpt TO asker;
             SET nl_query.servers = '\"Big, \"\"one\", GPT, missing, , alien, gpt'");
        assert_eq!(shown(), ["Big, \"one: usable", "gpt: usable", MISSING, ALIEN]);
        run("SET ROLE asker");
        assert_eq!(shown(), ["Big, \"one: no privilege", "gpt: usable", MISSING, ALIEN]);
    }

    #[pg_test]
    fn it_is_the_current_role_that_spends() {
        create("gpt", "");
        run("CREATE ROLE asker; CREATE ROLE reader; GRANT reader TO asker; GRANT USAGE ON FOREIGN SERVER gpt TO reader;
             SET nl_query.servers = 'gpt'; SET nl_query.run_as = 'reader'");
        run("CREATE ROLE stranger; SET ROLE stranger");
        assert_eq!(shown(), ["gpt: no privilege"]);
        run("RESET ROLE; SET ROLE asker");
        assert_eq!(shown(), ["gpt: usable"], "by inheritance");
    }

    #[pg_test]
    fn names_are_cut_as_the_catalog_cuts_them() {
        let name = format!("{}é", "a".repeat(62));
        create(&name, "");
        run(&format!("SET nl_query.servers = '{name}'"));
        assert_eq!(shown(), [format!("{}: usable", "a".repeat(62))]);
    }

    #[pg_test]
    fn options_that_hold_no_more_make_a_server_useless() {
        create("gpt", "");
        run("ALTER FOREIGN DATA WRAPPER nl_query NO VALIDATOR; ALTER SERVER gpt OPTIONS (ADD nonsense 'x');
             SET nl_query.servers = 'gpt'");
        assert_eq!(shown(), ["gpt: invalid option \"nonsense\""]);
    }

    #[pg_test]
    fn a_wrapper_of_another_name_is_still_ours() {
        create("gpt", "");
        run("ALTER FOREIGN DATA WRAPPER nl_query RENAME TO models; SET nl_query.servers = 'gpt'");
        assert_eq!(shown(), ["gpt: usable"]);
    }

    #[pg_test]
    fn a_roles_own_mapping_comes_first_then_that_of_everybody_then_the_server() {
        create("gpt", "");
        run("CREATE ROLE asker; GRANT USAGE ON FOREIGN SERVER gpt TO asker; SET nl_query.servers = 'gpt'; SET ROLE asker");
        assert_eq!(key(), "none");
        run("RESET ROLE; ALTER SERVER gpt OPTIONS (ADD api_key_file '/keys/server'); SET ROLE asker");
        assert_eq!(key(), "file /keys/server");
        run("RESET ROLE; CREATE USER MAPPING FOR PUBLIC SERVER gpt OPTIONS (api_key 'public-key'); SET ROLE asker");
        assert_eq!(key(), "mapping public-key");
        run("CREATE USER MAPPING FOR asker SERVER gpt");
        assert_eq!(key(), "file /keys/server", "a mapping of one's own without a key hides that of everybody");
        run("RESET ROLE; ALTER USER MAPPING FOR asker SERVER gpt OPTIONS (ADD api_key_file '/keys/asker'); SET ROLE asker");
        assert_eq!(key(), "file /keys/asker");
        run("ALTER USER MAPPING FOR asker SERVER gpt OPTIONS (DROP api_key_file, ADD api_key 'own-key')");
        assert_eq!(key(), "mapping own-key");
        run("RESET ROLE");
        assert_eq!(key(), "mapping public-key", "of another role");
    }

    #[pg_test]
    fn a_fingerprint_stands_for_options_and_mapping() {
        create("gpt", "");
        run("CREATE ROLE asker; GRANT USAGE ON FOREIGN SERVER gpt TO asker; SET nl_query.servers = 'gpt'");
        let first = only().fingerprint;
        assert_eq!(only().fingerprint, first);
        run("ALTER SERVER gpt OPTIONS (ADD retries '1')");
        let second = only().fingerprint;
        assert_ne!(second, first);
        run("CREATE USER MAPPING FOR PUBLIC SERVER gpt OPTIONS (api_key 'key-one')");
        let third = only().fingerprint;
        assert_ne!(third, second);
        run("ALTER USER MAPPING FOR PUBLIC SERVER gpt OPTIONS (SET api_key 'key-two')");
        assert_ne!(only().fingerprint, third);
        run("DROP USER MAPPING FOR PUBLIC SERVER gpt; ALTER SERVER gpt OPTIONS (DROP retries)");
        assert_eq!(only().fingerprint, first);
    }
}
