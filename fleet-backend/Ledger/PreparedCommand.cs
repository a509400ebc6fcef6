using Microsoft.Data.Sqlite;

namespace DePin.Fleet.Ledger;

/// <summary>A statement of the hot path: its text is parsed once, its parameters are $1, $2 and so on.</summary>
internal sealed class PreparedCommand
{
    private readonly SqliteCommand _command;

    public PreparedCommand(SqliteConnection connection, string text, int parameters)
    {
        _command = connection.CreateCommand();
        _command.CommandText = text;
        for (int i = 1; i <= parameters; i++)
        {
            _command.Parameters.AddWithValue($"${i}", DBNull.Value);
        }
    }

    public void Run(params ReadOnlySpan<object?> values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            _command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        _command.ExecuteNonQuery();
    }
}
