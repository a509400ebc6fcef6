using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Npgsql;
using NpgsqlTypes;

namespace DePin.Fleet.Storage;

/// <summary>
/// Rows for one statement on PostgreSQL, sent as an array for each column: the statement of one row is rewritten to read from unnest(…). The buffers of a
/// connection are written in the order in which they got their first rows, so a row that others refer to goes before them. A statement that reads from unnest
/// itself stays as it is.
/// </summary>
internal sealed partial class RowBuffer : PreparedCommand
{
    // Rows of one statement after which all are written: far more than a job usually has.
    private const int MostRows = 20_000;

    private static readonly ConditionalWeakTable<NpgsqlConnection, List<RowBuffer>> Waiting = [];

    private readonly NpgsqlConnection _connection;
    private readonly string _text;
    private readonly Column[] _columns;
    private readonly bool _changesEachRow;
    private int _rows;

    public RowBuffer(NpgsqlConnection connection, string text, string[] types, bool changesEachRow)
    {
        _connection = connection;
        _changesEachRow = changesEachRow;
        _text = OfArrays(text, types);
        _columns = [.. types.Select(Column.Of)];
    }

    /// <summary>Writes what waits on a connection.</summary>
    public static void Write(NpgsqlConnection connection)
    {
        if (Waiting.TryGetValue(connection, out List<RowBuffer>? buffers) && buffers.Count > 0)
        {
            // All of them are one message there and back.
            using var batch = new NpgsqlBatch(connection);
            int[] rows = [.. buffers.Select(buffer => buffer._rows)];
            buffers.ForEach(buffer => batch.BatchCommands.Add(buffer.TakeCommand()));
            RowBuffer[] written = [.. buffers];
            buffers.Clear();
            batch.ExecuteNonQuery();
            for (int i = 0; i < written.Length; i++)
            {
                int changed = batch.BatchCommands[i].RecordsAffected;
                if (written[i]._changesEachRow && changed != rows[i])
                {
                    throw new OvertakenException(rows[i], changed);
                }
            }
        }
    }

    /// <summary>Forgets what waits on a connection, since its transaction is gone.</summary>
    public static void Forget(NpgsqlConnection connection)
    {
        if (Waiting.TryGetValue(connection, out List<RowBuffer>? buffers))
        {
            buffers.ForEach(buffer => buffer.Clear());
            buffers.Clear();
        }
    }

    public override void Run(params ReadOnlySpan<object?> values)
    {
        if (values.Length != _columns.Length)
        {
            throw new ArgumentException($"{values.Length} values for {_columns.Length} parameters", nameof(values));
        }

        if (_rows == 0)
        {
            Waiting.GetOrCreateValue(_connection).Add(this);
        }

        for (int i = 0; i < values.Length; i++)
        {
            _columns[i].Add(values[i]);
        }

        if (++_rows >= MostRows)
        {
            Write(_connection);
        }
    }

    public override void Dispose()
    {
    }

    private NpgsqlBatchCommand TakeCommand()
    {
        var command = new NpgsqlBatchCommand(_text);
        foreach (Column column in _columns)
        {
            command.Parameters.Add(column.Parameter());
        }

        Clear();
        return command;
    }

    private void Clear()
    {
        Array.ForEach(_columns, column => column.Clear());
        _rows = 0;
    }

    private static string OfArrays(string text, string[] types)
    {
        if (text.Contains("unnest(", StringComparison.Ordinal))
        {
            return text;
        }

        string rows = $"FROM unnest({string.Join(", ", types.Select((type, i) => $"${i + 1}::{type}[]"))}) AS given({string.Join(", ", types.Select((_, i) => $"c{i + 1}"))})";
        Match values = Values().Match(text);
        string ofRows = values.Success
            ? $"{text[..values.Index]}SELECT {values.Groups[1].Value} FROM{text[(values.Index + values.Length)..]}"
            : text.Replace(" WHERE ", " FROM WHERE ", StringComparison.Ordinal);
        int from = ofRows.IndexOf("FROM", values.Success ? values.Index : 0, StringComparison.Ordinal);
        return Parameters().Replace(ofRows[..from], "given.c$1") + rows + Parameters().Replace(ofRows[(from + "FROM".Length)..], "given.c$1");
    }

    [GeneratedRegex(@"VALUES\(([^()]*)\)")]
    private static partial Regex Values();

    [GeneratedRegex(@"\$(\d+)")]
    private static partial Regex Parameters();

    private abstract class Column
    {
        public static Column Of(string type) => type switch
        {
            "bigint" => new Column<long?>(NpgsqlDbType.Bigint, value => value switch { long number => number, int number => number, _ => null }),
            "text" => new Column<string?>(NpgsqlDbType.Text, value => (string?)value),
            "bytea" => new Column<byte[]?>(NpgsqlDbType.Bytea, value => (byte[]?)value),
            _ => throw new ArgumentException($"{type} is no type of these parameters", nameof(type)),
        };

        public abstract void Add(object? value);

        public abstract NpgsqlParameter Parameter();

        public abstract void Clear();
    }

    private sealed class Column<T>(NpgsqlDbType type, Func<object?, T> of) : Column
    {
        private readonly List<T> _values = [];

        public override void Add(object? value) => _values.Add(of(value));

        public override NpgsqlParameter Parameter() => new() { NpgsqlDbType = NpgsqlDbType.Array | type, Value = _values.ToArray() };

        public override void Clear() => _values.Clear();
    }
}
