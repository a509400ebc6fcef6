using System.Data.Common;
using Dapper;
using Npgsql;
using NpgsqlTypes;

namespace DePin.Fleet.Upkeep;

/// <summary>The SQL of a move: it knows tables and columns from the database itself, so that no table is forgotten.</summary>
internal static class MoveStore
{
    // What a new database has by itself.
    private static readonly string[] Seeded = ["account", "book", "log_head", "notice_cursor"];

    /// <summary>All tables, each after those that it refers to by a foreign key; triggers, which check the other references, are off meanwhile.</summary>
    public static IReadOnlyList<string> Tables(NpgsqlConnection to)
    {
        List<string> left = to.Query<string>(
            "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'schema_version' AND relname NOT LIKE 'shared%' ORDER BY relname").AsList();
        ILookup<string, string> referred = to.Query<(string Table, string Other)>(
            """
            SELECT t.relname::text, o.relname::text FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class o ON o.oid = c.confrelid
            WHERE c.contype = 'f' AND t.relname <> o.relname
            """).ToLookup(pair => pair.Table, pair => pair.Other);
        var ordered = new List<string>(left.Count);
        while (left.Count > 0)
        {
            string next = left.Find(table => !referred[table].Any(left.Contains)) ?? throw new InvalidDataException($"tables refer to each other in a ring: {string.Join(", ", left)}");
            ordered.Add(next);
            left.Remove(next);
        }

        return ordered;
    }

    /// <summary>Whether there are rows that a new database has not.</summary>
    public static bool HasForeignRows(NpgsqlConnection to, string table) => !Seeded.Contains(table) && to.ExecuteScalar<bool>($"SELECT EXISTS(SELECT 1 FROM {table})");

    /// <summary>Switches the rules of tables off, which the rows that come have passed already, or on.</summary>
    public static void SetTriggers(NpgsqlConnection to, IReadOnlyList<string> tables, bool isOn)
    {
        foreach (string table in tables)
        {
            to.Execute($"ALTER TABLE {table} {(isOn ? "ENABLE" : "DISABLE")} TRIGGER USER");
        }
    }

    /// <summary>Takes away what a new database has by itself.</summary>
    public static void Clear(NpgsqlConnection to, IReadOnlyList<string> tables)
    {
        foreach (string table in tables.Where(Seeded.Contains))
        {
            to.Execute($"DELETE FROM {table}");
        }
    }

    /// <summary>Copies a table; how many rows were read.</summary>
    public static long Copy(DbConnection from, NpgsqlConnection to, string table)
    {
        (string Name, NpgsqlDbType Type)[] columns = [.. to.Query<(string Name, string Type)>(
            "SELECT column_name::text, data_type::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = @table ORDER BY ordinal_position", new { table })
            .Select(column => ('"' + column.Name + '"', TypeOf(column.Type)))];
        string names = string.Join(", ", columns.Select(column => column.Name));
        using var rows = (DbDataReader)from.ExecuteReader($"SELECT {names} FROM {table}");
        using NpgsqlBinaryImporter copy = to.BeginBinaryImport($"COPY {table}({names}) FROM STDIN (FORMAT BINARY)");
        long count = 0;
        for (; rows.Read(); count++)
        {
            copy.StartRow();
            for (int i = 0; i < columns.Length; i++)
            {
                Write(copy, rows, i, columns[i].Type);
            }
        }

        copy.Complete();
        return count;
    }

    /// <summary>The first and the last batch whose signed bytes are here.</summary>
    public static (long First, long Last) Batches(DbConnection from) => from.QuerySingle<(long, long)>("SELECT coalesce(min(batch), 0), coalesce(max(batch), 0) FROM batch_message");

    /// <summary>Rows of a table.</summary>
    public static long Count(DbConnection connection, string table) => connection.ExecuteScalar<long>($"SELECT count(*) FROM {table}");

    /// <summary>Lets the numbers of new rows go on after those that came.</summary>
    public static void ContinueNumbers(NpgsqlConnection to, string table)
    {
        foreach (string column in to.Query<string>("SELECT column_name::text FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = @table AND is_identity = 'YES'", new { table }).AsList())
        {
            to.Execute($"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), coalesce(max({column}), 0) + 1, false) FROM {table}");
        }
    }

    /// <summary>Lets the database look at what it has now.</summary>
    public static void Analyze(NpgsqlConnection to) => to.Execute("VACUUM ANALYZE");

    private static void Write(NpgsqlBinaryImporter copy, DbDataReader rows, int column, NpgsqlDbType type)
    {
        if (rows.IsDBNull(column))
        {
            copy.WriteNull();
            return;
        }

        switch (type)
        {
            case NpgsqlDbType.Bigint:
                copy.Write(rows.GetInt64(column), type);
                break;
            case NpgsqlDbType.Double:
                copy.Write(rows.GetDouble(column), type);
                break;
            case NpgsqlDbType.Bytea:
                copy.Write((byte[])rows.GetValue(column), type);
                break;
            default:
                copy.Write(rows.GetString(column), type);
                break;
        }
    }

    private static NpgsqlDbType TypeOf(string name) => name switch
    {
        "bigint" => NpgsqlDbType.Bigint,
        "double precision" => NpgsqlDbType.Double,
        "bytea" => NpgsqlDbType.Bytea,
        "text" => NpgsqlDbType.Text,
        _ => throw new InvalidDataException($"a column of type {name} is none of this schema"),
    };
}
