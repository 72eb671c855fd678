// JDBC: metadata without running, server-prepared statements, fetch size, parameters beside a question. args: URL.
import java.sql.*;
import java.util.*;

public class Jdbc {
    static final String QUESTION = "SELECT * FROM nl_query('how many animals per species')";

    static void check(boolean holds, String what) {
        if (!holds) throw new AssertionError(what);
    }

    static void columns(ResultSetMetaData columns) throws SQLException {
        check(columns.getColumnCount() == 2, "two columns");
        check(columns.getColumnName(1).equals("species") && columns.getColumnTypeName(1).equals("text"), "species");
        check(columns.getColumnName(2).equals("count") && columns.getColumnType(2) == Types.BIGINT, "count");
    }

    static Map<String, Long> rows(ResultSet result) throws SQLException {
        Map<String, Long> rows = new TreeMap<>();
        while (result.next()) rows.put(result.getString("species"), result.getLong("count"));
        return rows;
    }

    public static void main(String[] arguments) throws SQLException {
        Map<String, Long> species = new TreeMap<>(Map.of("Giraffe", 1L, "Lion", 2L));
        try (Connection connection = DriverManager.getConnection(arguments[0])) {
            try (PreparedStatement statement = connection.prepareStatement(QUESTION)) {
                columns(statement.getMetaData());
                // From the fifth time on the driver keeps the statement on the server.
                for (int time = 0; time < 8; time++) {
                    try (ResultSet result = statement.executeQuery()) {
                        columns(result.getMetaData());
                        check(rows(result).equals(species), "rows");
                    }
                }
            }
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.setFetchSize(1);
                try (ResultSet result = statement.executeQuery(QUESTION)) {
                    check(rows(result).equals(species), "rows by ones");
                }
            }
            connection.commit();
            String named = "SELECT a.name, n.* FROM animals a, nl_query('how many animals') AS n WHERE a.species = ? AND a.weight_kg > ?";
            try (PreparedStatement statement = connection.prepareStatement(named)) {
                statement.setString(1, "Lion");
                statement.setInt(2, 150);
                try (ResultSet result = statement.executeQuery()) {
                    check(result.next() && result.getString(1).equals("Simba") && result.getInt(2) == 3 && !result.next(), "parameters");
                }
            }
            try (PreparedStatement statement = connection.prepareStatement("SELECT * FROM nl_query(?)")) {
                statement.setString(1, "how many animals");
                try (ResultSet result = statement.executeQuery()) {
                    check(result.next() && result.getString(1).equals("{\"count\":3}"), "a parameter gives json");
                }
            }
            try (Statement statement = connection.createStatement()) {
                statement.executeQuery("SELECT * FROM nl_query('what is the weather')");
                throw new AssertionError("answered");
            } catch (SQLException refused) {
                check(refused.getSQLState().equals("0A000"), refused.toString());
            }
            connection.rollback();
        }
        System.out.println("JDBC: ok");
    }
}
