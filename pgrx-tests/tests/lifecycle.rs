//! What a DBA does with an extension: create it, list it, dump and restore a database that has it, drop it.

use nl_query_tests::{Cluster, Table, ask};
use std::path::Path;

/// Every object that the extension owns, with who may use it besides its owner. A new object or a privilege must be a decision:
/// `NL_QUERY_ACCEPT=1` writes the list anew.
#[test]
fn contents_are_those_on_the_list() {
    let database = Cluster::shared().database("contents");
    let sql = "
        SELECT pg_describe_object(d.classid, d.objid, 0) || ': ' || coalesce((
                 SELECT string_agg(DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
                                   || ' ' || a.privilege_type, ', ')
                 FROM aclexplode(CASE d.classid
                        WHEN 'pg_proc'::regclass THEN
                          (SELECT coalesce(proacl, acldefault('f', proowner)) FROM pg_proc WHERE oid = d.objid)
                        WHEN 'pg_class'::regclass THEN
                          (SELECT coalesce(relacl, acldefault('r', relowner)) FROM pg_class WHERE oid = d.objid AND relkind <> 'S')
                        WHEN 'pg_foreign_data_wrapper'::regclass THEN
                          (SELECT coalesce(fdwacl, acldefault('F', fdwowner)) FROM pg_foreign_data_wrapper WHERE oid = d.objid)
                      END) a
                 WHERE a.grantee <> 10), 'nobody')
        FROM pg_depend d
        WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
          AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nl_query')
          AND d.classid NOT IN ('pg_type'::regclass)";
    let table = Table::of(&mut database.connect(), sql).expect("contents");
    let mut lines: Vec<String> = table.rows.iter().filter_map(|row| row[0].clone()).collect();
    lines.sort();
    let found = lines.join("\n") + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/contents.txt");
    if std::env::var_os("NL_QUERY_ACCEPT").is_some() {
        std::fs::write(&path, &found).expect("tests/contents.txt");
    }
    let listed = std::fs::read_to_string(&path).expect("tests/contents.txt");
    assert_eq!(found, listed, "the extension's contents differ from tests/contents.txt");
}

#[test]
fn every_function_and_view_carries_a_comment() {
    let database = Cluster::shared().database("comments");
    let sql = "SELECT string_agg(pg_describe_object(d.classid, d.objid, 0), ', ')
               FROM pg_depend d
               WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
                 AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nl_query')
                 AND d.classid IN ('pg_proc'::regclass, 'pg_class'::regclass, 'pg_foreign_data_wrapper'::regclass)
                 AND obj_description(d.objid, d.classid::regclass::text::name) IS NULL
                 AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = d.objid AND c.relkind IN ('i', 'S', 'c'))";
    let bare = Table::of(&mut database.connect(), sql).expect("comments").only_value();
    assert_eq!(bare, None, "without a comment");
}

#[test]
fn no_function_runs_with_its_owners_rights() {
    let database = Cluster::shared().database("definers");
    let sql = "SELECT count(*) FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
               WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nl_query') AND p.prosecdef";
    assert_eq!(database.value(sql), "0");
}

#[test]
fn a_dump_restores_with_the_extension() {
    let cluster = Cluster::shared();
    let database = cluster.database("dumped");
    database.run(
        "CREATE TABLE parcels (id int PRIMARY KEY, city text); INSERT INTO parcels VALUES (1, 'Turin'), (2, 'Lyon');
         COMMENT ON TABLE parcels IS 'What couriers carry'",
    );
    let before = database.answer("how many parcels are there");
    let dump = cluster.client("pg_dump", "postgres").arg("dumped").output().expect("pg_dump");
    assert!(dump.status.success(), "{}", String::from_utf8_lossy(&dump.stderr));
    let restored = cluster.empty_database("restored");
    restored.feed(&dump.stdout, "the dump");
    assert_eq!(restored.answer("how many parcels are there"), before);
}

#[test]
fn drop_leaves_nothing_and_create_works_again() {
    let database = Cluster::shared().database("dropped_extension");
    database.run("CREATE TABLE parcels (id int PRIMARY KEY); INSERT INTO parcels VALUES (1)");
    let mut asked = database.connect();
    let before = ask(&mut asked, "how many parcels").expect("an answer");
    database.run("DROP EXTENSION nl_query");
    let left = "SELECT count(*) FROM pg_proc WHERE probin LIKE '%nl_query%'";
    assert_eq!(database.value(left), "0");
    // A session that has asked before goes on, and so does one after the extension is back.
    asked.batch_execute("CREATE TABLE couriers (id int PRIMARY KEY)").expect("the session lives");
    database.run("CREATE EXTENSION nl_query");
    assert_eq!(ask(&mut asked, "how many parcels"), Ok(before));
}

/// The README's tables are what users believe.
#[test]
fn the_readme_lists_every_setting_and_function() {
    let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../README.md")).expect("README.md");
    let database = Cluster::shared().database("readme");
    let mut client = database.connect();
    let settings = "SELECT name, current_setting(name), CASE context WHEN 'user' THEN 'user' ELSE 'superuser' END
                    FROM pg_settings WHERE name LIKE 'nl\\_query.%'";
    // A function of the library must have been called for a session to know its settings.
    client.simple_query("SELECT nl_sql(NULL)").expect("nl_sql");
    let table = Table::of(&mut client, settings).expect("settings");
    assert!(!table.rows.is_empty());
    for row in table.rows {
        let [name, value, who] = row.as_slice() else { panic!("{row:?}") };
        let (name, value, who) = (name.as_deref().unwrap_or(""), value.as_deref().unwrap_or(""), who.as_deref().unwrap_or(""));
        let value = if value.is_empty() { String::new() } else { format!("`{value}` ") };
        let line = format!("| `{name}` | {value}| {who} |");
        assert!(readme.contains(&line), "README.md lacks: {line}");
    }
    let functions = "SELECT DISTINCT proname FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.deptype = 'e'
                     WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'nl_query') AND proname LIKE 'nl\\_%'
                       AND NOT EXISTS (SELECT FROM pg_foreign_data_wrapper WHERE fdwvalidator = p.oid)";
    for row in Table::of(&mut client, functions).expect("functions").rows {
        let name = row[0].clone().unwrap_or_default();
        assert!(readme.contains(&format!("| `{name}(")), "README.md lacks the function {name}");
    }
}
