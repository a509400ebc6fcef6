using System.Data.Common;
using DePin.Fleet.Storage;

namespace DePin.Fleet.Ingest;

/// <summary>
/// Writes batches: a row that the books refer to, and the signed bytes under the same id. PostgreSQL gets both in one statement, so that neither is ever there alone. Of the
/// hot path, see <see cref="PreparedCommand"/>.
/// </summary>
internal sealed class BatchInsertStore(DbConnection connection) : IDisposable
{
    private readonly PreparedCommand _batch = PreparedCommand.Of(
        connection,
        connection.IsPostgres()
            ? """
              WITH given AS MATERIALIZED (
                  SELECT nextval('batch_id_seq') AS id, r.* FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bytea[], $5::bigint[], $6::bigint[], $7::bytea[])
                      AS r(node, sequence, next_sequence, payload_hash, arrived_ms, gap_from, message)),
              stored AS (
                  INSERT INTO batch(id, node, sequence, next_sequence, payload_hash, arrived_ms, gap_from)
                  SELECT id, node, sequence, next_sequence, payload_hash, arrived_ms, gap_from FROM given)
              INSERT INTO batch_message(batch, message) SELECT id, message FROM given
              """
            : "INSERT INTO batch(node, sequence, next_sequence, payload_hash, arrived_ms, gap_from) VALUES($1, $2, $3, $4, $5, $6)",
        "bigint bigint bigint bytea bigint bigint bytea");

    private readonly PreparedCommand? _message =
        connection.IsPostgres() ? null : PreparedCommand.Of(connection, "INSERT INTO batch_message(batch, message) VALUES(last_insert_rowid(), $1)", "bytea");

    /// <summary>Writes one.</summary>
    public void Run(long node, long sequence, long nextSequence, byte[] payloadHash, long arrivedUnixMilliseconds, long? gapFrom, byte[] message)
    {
        if (_message is null)
        {
            _batch.Run(node, sequence, nextSequence, payloadHash, arrivedUnixMilliseconds, gapFrom, message);
            return;
        }

        _batch.Run(node, sequence, nextSequence, payloadHash, arrivedUnixMilliseconds, gapFrom);
        _message.Run(message);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _batch.Dispose();
        _message?.Dispose();
    }
}
