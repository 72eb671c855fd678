//! Model servers as a DBA sets them up: options and the errors for them, who may do what, what is shown to whom, dump and drop.

use nl_query_tests::{Cluster, Database, Refusal, Table, refusal};

const LEAST: &str = "api 'openai', url 'https://models.example/v1', model 'small-1'";
const KEY: &str = "sk-canary-5f3a9b72c1d84e60";

fn database(name: &str) -> Database<'static> {
    Cluster::shared().database(name)
}

fn create(name: &str, options: &str) -> String {
    format!("CREATE SERVER {name} FOREIGN DATA WRAPPER nl_query OPTIONS ({options})")
}

/// SQLSTATE and message.
fn said(refusal: &Refusal) -> (&str, &str) {
    (&refusal.sqlstate, &refusal.message)
}

#[test]
fn every_option_can_be_set() {
    let database = database("servers_options");
    database.run(&create("least", LEAST));
    database.run(&create(
        "most",
        "api 'anthropic', url 'http://models.example:8443/v1', model 'large-2', api_key_file '/etc/keys/model', key_header 'x-key',
         headers '{\"x-team\": \"data\"}', timeout '2min', connect_timeout '250', first_byte_timeout '30 s', retries '0',
         max_tokens '1000', max_tokens_parameter 'max_completion_tokens', context_tokens '8000', temperature '0.5',
         structured_output 'json', concurrency '3', requests_per_minute '60', tokens_per_minute '70000', tokens_per_day '8000000000',
         role_requests_per_minute '6', role_tokens_per_minute '7', role_tokens_per_day '8', role 'strong', allow_insecure 'on',
         proxy 'http://proxy.example:3128', ca_file '/etc/ssl/own.pem', extra_body '{\"seed\": 1}'",
    ));
    for (name, address) in [("a", "http://127.0.0.1:11434/v1"), ("b", "http://localhost/v1"), ("c", "http://[::1]:8000")] {
        database.run(&create(name, &LEAST.replace("https://models.example/v1", address)));
    }
    database
        .run("ALTER SERVER most OPTIONS (SET timeout '5s', DROP proxy, DROP allow_insecure, SET url 'https://models.example')");
    assert_eq!(database.value("SELECT count(*) FROM pg_foreign_server WHERE srvoptions IS NOT NULL"), "5");
}

#[test]
fn options_that_cannot_be_are_refused() {
    let database = database("servers_refused");
    let mut client = database.connect();
    for (options, sqlstate, message, hint) in [
        ("", "HV002", "option \"api\" is required", "at least the options api, url and model"),
        ("api 'openai', url 'https://h'", "HV002", "option \"model\" is required", ""),
        ("modell 'x'", "HV00D", "invalid option \"modell\"", "Perhaps you meant the option \"model\"."),
        ("zzz 'x'", "HV00D", "invalid option \"zzz\"", "Valid options in this context are: api, url, model"),
        ("api_key 'sk-canary'", "HV00D", "invalid option \"api_key\"", "user mapping"),
        ("api 'openAI'", "22023", "invalid value for enum option \"api\": \"openAI\"", "Perhaps you meant \"openai\"."),
        ("timeout '5 weeks'", "22023", "invalid value for duration option \"timeout\": \"5 weeks\"", "Valid units"),
        ("retries '11'", "22023", "11 is outside the valid range for option \"retries\" (0 .. 10)", ""),
        ("temperature 'hot'", "22023", "invalid value for floating point option \"temperature\": \"hot\"", ""),
        (
            "api 'openai', url 'http://models.example', model 'm'",
            "22023",
            "option \"url\" must begin with https://",
            "allow_insecure",
        ),
        (
            "api 'openai', url 'http://169.254.169.254/', model 'm', allow_insecure 'on'",
            "22023",
            "option \"url\" must not name a link-local address: \"169.254.169.254\"",
            "",
        ),
        ("url 'https://user:secret@h'", "22023", "invalid value for option \"url\"", ""),
        ("api_key_file 'relative'", "22023", "invalid value for file option \"api_key_file\": \"relative\"", ""),
        ("headers '{\"authorization\": \"x\"}'", "22023", "invalid value for option \"headers\"", "api_key_file"),
    ] {
        let sql = if options.is_empty() {
            "CREATE SERVER refused FOREIGN DATA WRAPPER nl_query".to_owned()
        } else {
            create("refused", options)
        };
        let refused = refusal(&mut client, &sql);
        assert_eq!(said(&refused), (sqlstate, message), "{sql}");
        assert!(refused.hint.contains(hint), "{sql}\n{refused:?}");
        let everything = format!("{refused:?}");
        assert!(!everything.contains("secret") && !everything.contains("canary"), "{everything}");
    }
    assert_eq!(database.value("SELECT count(*) FROM pg_foreign_server"), "0");
}

#[test]
fn an_alteration_is_checked_as_a_whole() {
    let database = database("servers_altered");
    database.run(&create("gpt", LEAST));
    let mut client = database.connect();
    let refused = refusal(&mut client, "ALTER SERVER gpt OPTIONS (SET url 'http://models.example')");
    assert_eq!(said(&refused), ("22023", "option \"url\" must begin with https://"));
    let refused = refusal(&mut client, "ALTER SERVER gpt OPTIONS (DROP model)");
    assert_eq!(said(&refused), ("HV002", "option \"model\" is required"));
    let refused = refusal(&mut client, "ALTER SERVER gpt OPTIONS (ADD max_tokens '9000', ADD context_tokens '8000')");
    assert_eq!(said(&refused), ("22023", "option \"max_tokens\" must be less than option \"context_tokens\""));
}

#[test]
fn mappings_hold_keys_and_nothing_else() {
    let database = database("servers_mappings");
    database.run(&create("gpt", LEAST));
    let mut client = database.connect();
    let mapping = |options: &str| format!("CREATE USER MAPPING FOR PUBLIC SERVER gpt OPTIONS ({options})");
    for (options, sqlstate, message) in [
        ("apikey 'sk-canary'", "HV00D", "invalid option \"apikey\""),
        ("url 'https://h'", "HV00D", "invalid option \"url\""),
        ("api_key 'sk-canary with blanks'", "22023", "invalid value for option \"api_key\""),
        ("api_key ''", "22023", "invalid value for option \"api_key\""),
        ("api_key_file 'canary'", "22023", "invalid value for file option \"api_key_file\": \"canary\""),
        ("api_key 'sk-canary', api_key_file '/k'", "22023", "options \"api_key\" and \"api_key_file\" exclude each other"),
    ] {
        let refused = refusal(&mut client, &mapping(options));
        assert_eq!(said(&refused), (sqlstate, message));
        assert!(!format!("{refused:?}").contains("sk-canary"), "{refused:?}");
    }
    database.run(&mapping(&format!("api_key '{KEY}'")));
    database.run("ALTER USER MAPPING FOR PUBLIC SERVER gpt OPTIONS (DROP api_key, ADD api_key_file '/etc/keys/model')");
}

#[test]
fn there_are_no_tables_and_no_options_of_the_wrapper() {
    let database = database("servers_tables");
    database.run(&create("gpt", LEAST));
    let mut client = database.connect();
    for sql in
        ["CREATE FOREIGN TABLE t (a int) SERVER gpt", "CREATE FOREIGN TABLE t (a int OPTIONS (x 'y')) SERVER gpt OPTIONS (b 'c')"]
    {
        let refused = refusal(&mut client, sql);
        assert_eq!(said(&refused), ("0A000", "servers of foreign-data wrapper \"nl_query\" have no tables"));
        assert!(refused.hint.contains("nl_query.servers"), "{refused:?}");
    }
    let refused = refusal(&mut client, "IMPORT FOREIGN SCHEMA s FROM SERVER gpt INTO public");
    assert_eq!(said(&refused), ("55000", "foreign-data wrapper \"nl_query\" has no handler"));
    let refused = refusal(&mut client, "ALTER FOREIGN DATA WRAPPER nl_query OPTIONS (ADD url 'https://h')");
    assert_eq!(said(&refused), ("HV00D", "invalid option \"url\""));
    assert_eq!(database.value("SELECT count(*) FROM pg_class WHERE relkind = 'f'"), "0");
}

#[test]
fn servers_are_made_by_superusers_and_whom_they_let() {
    let database = database("servers_usage");
    database.plain_role("servers_usage_role");
    let mut client = database.connect_as("servers_usage_role");
    let refused = refusal(&mut client, &create("own", LEAST));
    assert_eq!(said(&refused), ("42501", "permission denied for foreign-data wrapper nl_query"));
    database.run("GRANT USAGE ON FOREIGN DATA WRAPPER nl_query TO servers_usage_role");
    client.batch_execute(&create("own", LEAST)).expect("with USAGE on the wrapper");
    for (option, value) in [("api_key_file", "/etc/passwd"), ("ca_file", "/etc/own.pem")] {
        let message = format!("permission denied to set option \"{option}\"");
        let refused = refusal(&mut client, &create("other", &format!("{LEAST}, {option} '{value}'")));
        assert_eq!(said(&refused), ("42501", message.as_str()));
        let refused = refusal(&mut client, &format!("ALTER SERVER own OPTIONS (ADD {option} '{value}')"));
        assert_eq!(said(&refused), ("42501", message.as_str()));
    }
    let refused = refusal(&mut client, "CREATE USER MAPPING FOR CURRENT_USER SERVER own OPTIONS (api_key_file '/etc/passwd')");
    assert_eq!(said(&refused), ("42501", "permission denied to set option \"api_key_file\""));
    client
        .batch_execute(&format!("CREATE USER MAPPING FOR CURRENT_USER SERVER own OPTIONS (api_key '{KEY}')"))
        .expect("a key of one's own");
}

#[test]
fn a_server_with_a_file_is_a_superusers_to_alter() {
    let database = database("servers_file");
    database.plain_role("servers_file_role");
    database.run(&create("gpt", &format!("{LEAST}, api_key_file '/k'")));
    database
        .run("GRANT USAGE ON FOREIGN DATA WRAPPER nl_query TO servers_file_role; ALTER SERVER gpt OWNER TO servers_file_role");
    let mut client = database.connect_as("servers_file_role");
    let denied = ("42501", "permission denied to set option \"api_key_file\"");
    for action in
        ["SET url 'https://elsewhere.example'", "SET model 'm'", "ADD proxy 'https://elsewhere.example'", "ADD timeout '1s'"]
    {
        let refused = refusal(&mut client, &format!("ALTER SERVER gpt OPTIONS ({action})"));
        assert_eq!(said(&refused), denied, "{action}");
    }
    // Without the file nothing of it goes anywhere; and it does not come back.
    client.batch_execute("ALTER SERVER gpt OPTIONS (DROP api_key_file)").expect("taken away");
    client.batch_execute("ALTER SERVER gpt OPTIONS (SET url 'https://elsewhere.example')").expect("a server without a file");
    let refused = refusal(&mut client, "ALTER SERVER gpt OPTIONS (ADD api_key_file '/k')");
    assert_eq!(said(&refused), denied);
    // The same holds for a mapping that names a file.
    database.run("CREATE USER MAPPING FOR servers_file_role SERVER gpt OPTIONS (api_key_file '/k')");
    let refused = refusal(&mut client, "ALTER USER MAPPING FOR CURRENT_USER SERVER gpt OPTIONS (SET api_key_file '/etc/passwd')");
    assert_eq!(said(&refused), denied);
    client.batch_execute("ALTER USER MAPPING FOR CURRENT_USER SERVER gpt OPTIONS (DROP api_key_file)").expect("taken away");
}

#[test]
fn a_key_is_shown_to_nobody_else() {
    let database = database("servers_keys");
    for role in ["servers_keys_one", "servers_keys_other"] {
        database.plain_role(role);
    }
    database.run(&format!(
        "{}; GRANT USAGE ON FOREIGN SERVER gpt TO servers_keys_one, servers_keys_other;
         CREATE USER MAPPING FOR servers_keys_one SERVER gpt OPTIONS (api_key '{KEY}');
         CREATE USER MAPPING FOR PUBLIC SERVER gpt OPTIONS (api_key 'sk-public-5f3a9b72c1d84e60')",
        create("gpt", LEAST)
    ));
    let mut other = database.connect_as("servers_keys_other");
    for sql in [
        "SELECT umoptions FROM pg_user_mappings",
        "SELECT * FROM pg_foreign_server",
        "SELECT * FROM information_schema.user_mapping_options",
    ] {
        let shown = format!("{:?}", Table::of(&mut other, sql).expect(sql).rows);
        assert!(!shown.contains("canary") && !shown.contains("sk-public"), "{sql}: {shown}");
    }
    assert_eq!(refusal(&mut other, "SELECT * FROM pg_user_mapping").sqlstate, "42501");
    for listing in ["\\des+", "\\deu+", "\\dew+"] {
        let psql = Cluster::shared().psql(&database.name, "servers_keys_other").args(["-c", listing]).output().expect("psql");
        let shown = String::from_utf8_lossy(&psql.stdout);
        assert!(psql.status.success() && !shown.contains("canary") && !shown.contains("sk-public"), "{listing}: {shown}");
    }
    let psql = Cluster::shared().psql(&database.name, "postgres").args(["-c", "\\des+"]).output().expect("psql");
    let shown = String::from_utf8_lossy(&psql.stdout);
    assert!(shown.contains("https://models.example/v1") && !shown.contains("canary"), "{shown}");
}

#[test]
fn a_dump_restores_servers_mappings_and_grants() {
    let cluster = Cluster::shared();
    let database = database("servers_dumped");
    database.plain_role("servers_dumped_role");
    database.run(&format!(
        "{}; COMMENT ON SERVER gpt IS 'the good one';
         GRANT USAGE ON FOREIGN DATA WRAPPER nl_query TO servers_dumped_role;
         GRANT USAGE ON FOREIGN SERVER gpt TO servers_dumped_role;
         CREATE USER MAPPING FOR servers_dumped_role SERVER gpt OPTIONS (api_key '{KEY}')",
        create("gpt", &format!("{LEAST}, api_key_file '/etc/keys/model', headers '{{\"x-a\": \"b=c\"}}'"))
    ));
    // A dump puts options in the order of their names.
    let all = "SELECT srvname, srvacl, ARRAY(SELECT unnest(srvoptions) ORDER BY 1), (SELECT array_agg(umoptions) FROM pg_user_mapping), fdwacl,
                      obj_description(s.oid, 'pg_foreign_server')
               FROM pg_foreign_server s, pg_foreign_data_wrapper";
    let before = Table::of(&mut database.connect(), all).expect("servers");
    assert_eq!(before.rows.len(), 1);
    let dump = cluster.client("pg_dump", "postgres").arg("servers_dumped").output().expect("pg_dump");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let restored = cluster.empty_database("servers_restored");
    restored.feed(&dump.stdout, "the dump");
    assert_eq!(Table::of(&mut restored.connect(), all).expect("servers"), before);
}

#[test]
fn the_wrapper_goes_with_the_extension() {
    let database = database("servers_dropped");
    let mut client = database.connect();
    let refused = refusal(&mut client, "DROP FOREIGN DATA WRAPPER nl_query");
    assert!(refused.message.contains("because extension nl_query requires it"), "{refused:?}");
    database.run(&create("gpt", LEAST));
    database.run(&format!("CREATE USER MAPPING FOR PUBLIC SERVER gpt OPTIONS (api_key '{KEY}')"));
    let refused = refusal(&mut client, "DROP EXTENSION nl_query");
    assert!(refused.sqlstate == "2BP01" && refused.detail.contains("server gpt"), "{refused:?}");
    database.run("DROP EXTENSION nl_query CASCADE");
    let left = "SELECT (SELECT count(*) FROM pg_foreign_data_wrapper) + (SELECT count(*) FROM pg_foreign_server)
                       + (SELECT count(*) FROM pg_user_mapping)";
    assert_eq!(database.value(left), "0");
    database.run("CREATE EXTENSION nl_query");
    database.run(&create("gpt", LEAST));
}

#[test]
fn servers_are_listed_for_a_database_by_a_superuser() {
    let database = database("servers_listed");
    database.plain_role("servers_listed_role");
    database.run("ALTER DATABASE servers_listed SET nl_query.servers = 'gpt, spare'");
    assert_eq!(database.value("SHOW nl_query.servers"), "gpt, spare");
    let mut client = database.connect_as("servers_listed_role");
    let shown = Table::of(&mut client, "SHOW nl_query.servers").expect("SHOW").only_value();
    assert_eq!(shown.as_deref(), Some("gpt, spare"));
    for sql in ["SET nl_query.servers = 'mine'", "ALTER ROLE CURRENT_USER SET nl_query.servers = 'mine'"] {
        let refused = refusal(&mut client, sql);
        assert_eq!(said(&refused), ("42501", "permission denied to set parameter \"nl_query.servers\""));
    }
    database.run("ALTER ROLE servers_listed_role SET nl_query.servers = 'spare'");
    let mut client = database.connect_as("servers_listed_role");
    let shown = Table::of(&mut client, "SHOW nl_query.servers").expect("SHOW").only_value();
    assert_eq!(shown.as_deref(), Some("spare"));
}

#[test]
fn the_views_of_the_gateway_are_everybodys() {
    let database = database("servers_views");
    database.plain_role("servers_views_role");
    let mut client = database.connect_as("servers_views_role");
    for (view, columns) in [("pg_stat_nl_query_servers", 31), ("pg_stat_progress_nl_query", 8)] {
        let table = Table::of(&mut client, &format!("SELECT * FROM {view}")).expect(view);
        assert_eq!((table.columns.len(), table.rows.len()), (columns, 0), "{view}: {table:?}");
    }
    assert_eq!(refusal(&mut client, "SELECT pg_stat_nl_query_reset()").sqlstate, "42501");
    database.run("SELECT pg_stat_nl_query_reset()");
}

/// Options are checked wherever the library can be loaded: a restore may run where nothing is asked.
#[test]
fn options_are_checked_without_preload() {
    let cluster = Cluster::start(&nl_query_tests::Options::default().without_preload());
    let database = cluster.database("servers_not_loaded");
    database.run(&create("gpt", LEAST));
    assert_eq!(refusal(&mut database.connect(), &create("bad", "modell 'x'")).sqlstate, "HV00D");
}

/// The README's table is what users believe.
#[test]
fn the_readme_lists_every_option() {
    let readme = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md");
    let readme = std::fs::read_to_string(readme).expect("README.md");
    let database = database("servers_readme");
    database.run(&create("gpt", LEAST));
    let listed = |sql: &str| {
        let refused = refusal(&mut database.connect(), sql);
        let names = refused.hint.strip_prefix("Valid options in this context are: ").and_then(|rest| rest.strip_suffix('.'));
        names.unwrap_or_else(|| panic!("{refused:?}")).split(", ").map(str::to_owned).collect::<Vec<_>>()
    };
    let mut names = listed(&create("other", "qqqqqq 'x'"));
    assert!(names.len() > 20, "{names:?}");
    names.extend(listed("CREATE USER MAPPING FOR PUBLIC SERVER gpt OPTIONS (qqqqqq 'x')"));
    for name in names {
        assert!(readme.contains(&format!("| `{name}`")), "README.md lacks the option {name}");
    }
}
