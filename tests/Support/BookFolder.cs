using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using Dapper;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ingest;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;
using Microsoft.Extensions.Logging.Abstractions;

namespace DePin.Tests.Support;

/// <summary>A database with the books alone: batches are put where ingest would put them, and the bookkeeper takes one step at a time.</summary>
internal sealed class BookFolder : IDisposable
{
    private readonly TemporaryFolder _temporary = new();
    private readonly DataFolder _folder;
    private readonly StoreWriter _writer;
    private CreditingSettings _crediting = new();

    public BookFolder()
    {
        TestDatabase.Prepare(_temporary.Path);
        _folder = DataFolder.Open(_temporary.Path);
        Database = Database.Open(_folder, Time);
        _writer = new StoreWriter(Database);
        Bookkeeper = NewBookkeeper();
    }

    /// <summary>Test nodes give more than they take, so the balance of seven days must not speak.</summary>
    public static VerificationSettings Lenient { get; } = new() { BalanceBatteryPermille = 1_000_000 };

    /// <summary>What readings must fulfil; takes effect with a <see cref="Restart"/>.</summary>
    public VerificationSettings Settings { get; set; } = Lenient;

    public SteppedClock Time { get; } = new(1_790_000_000);

    public Database Database { get; }

    /// <summary>The one of this run; <see cref="Restart"/> makes another that remembers nothing.</summary>
    public Bookkeeper Bookkeeper { get; private set; }

    /// <summary>A connection past the books, see <see cref="TestDatabase.Tamper"/>.</summary>
    public DbConnection Tamper() => TestDatabase.Tamper(_temporary.Path);

    /// <summary>Registers a node; its pairing counts from the beginning.</summary>
    public async Task<long> RegisterAsync(TestNode node, string profile = "lamp-small", string @operator = "amina", int operatorBasisPoints = 7000) =>
        await WriteAsync(connection =>
        {
            long id = NodeStore.Insert(connection, new NodeRow
            {
                NodeId = node.Id.ToString(),
                PublicKey = node.PublicKey,
                PasswordHash = new byte[32],
                SealedDownKey = new byte[60],
                Profile = Profile.ByName[profile].Number,
                RegisteredMs = 0,
                Operator = @operator,
                CapitalBuilder = "ngo-1",
                Place = "Kisumu 12",
                Latitude = -0.09,
                Longitude = 34.77,
                FromUnix = 0,
            });
            AgreementStore.Insert(connection, id, new Agreement(operatorBasisPoints, Agreement.Whole - operatorBasisPoints), 0, 0, "ngo-1");
            return id;
        });

    /// <summary>Stores a signed batch as ingest does, arrived two minutes after it closed unless said.</summary>
    public async Task StoreAsync(TestNode node, byte[] signed, long? arrivedUnixSeconds = null)
    {
        byte[] payload = SignedMessage.Decode(signed, MeteringLimits.SignedBatchBytes, out _)!.CopyPayload();
        Batch batch = Batch.Decode(payload, 0, payload.Length, out _)!;
        long arrived = 1000 * (arrivedUnixSeconds ?? batch.OpenedUnixSeconds + batch.Seconds() + 120);
        await WriteAsync(connection =>
        {
            using var insert = new BatchInsertStore(connection);
            insert.Run(NodeStore.Find(connection, node.Id.ToString())!.RowId, batch.Sequence, batch.NextSequence, SHA256.HashData(payload), arrived, null, signed);
            connection.WriteRows();
            return true;
        });
    }

    /// <summary>Records funds; whether they were new.</summary>
    public Task<bool> FundAsync(long amountMicro, string reference = "grant") =>
        WriteAsync(connection => LedgerStore.Fund(connection, reference, amountMicro, Time.UnixSeconds * 1000));

    /// <summary>Books until there is nothing to do.</summary>
    public async Task BookAllAsync()
    {
        while (await Bookkeeper.BookNextAsync())
        {
            await AssertSumIsZeroAsync();
        }
    }

    /// <summary>Settles until nothing is due.</summary>
    public async Task SettleAllAsync()
    {
        using var settlement = new Settlement(_writer, Bookkeeper, _crediting, Time, NullLogger<Settlement>.Instance);
        while (await settlement.SettleNextAsync())
        {
            await AssertSumIsZeroAsync();
        }
    }

    /// <summary>Compares nodes with each other.</summary>
    public DePin.Fleet.Care.FleetWatch NewWatch() => new(Database, _writer, Settings, Time, NullLogger<DePin.Fleet.Care.FleetWatch>.Instance);

    /// <summary>A new process: nothing is remembered but what is stored.</summary>
    public void Restart(CreditingSettings? crediting = null)
    {
        _crediting = crediting ?? _crediting;
        Bookkeeper.Dispose();
        Bookkeeper = NewBookkeeper();
    }

    public Task<T> WriteAsync<T>(Func<DbConnection, T> work) => _writer.RunAsync(work);

    public T Read<T>(Func<DbConnection, T> read)
    {
        using DbConnection connection = Database.OpenReader();
        return read(connection);
    }

    public long Number(string sql) => Read(connection => connection.ExecuteScalar<long>(sql));

    public long Balance(string account) => Read(connection => TallyStore.Account(connection, account)) is { } row ? row.PendingMicro + row.PostedMicro : 0;

    /// <summary>Everything the books hold, as text, so that two runs can be compared. Row numbers and times of writing are left out.</summary>
    public string Everything() => Read(connection =>
    {
        var text = new StringBuilder();
        foreach (string sql in (string[])
        [
            "SELECT hex(t.id), t.kind, t.state, d.name, c.name, t.amount_micro, t.segment FROM transfer t JOIN account d ON d.id = t.debit JOIN account c ON c.id = t.credit ORDER BY t.id",
            "SELECT name, pending_micro, posted_micro FROM account ORDER BY name",
            "SELECT * FROM verdict ORDER BY batch",
            "SELECT node, hex(state) FROM verdict_state ORDER BY node",
            "SELECT id, name, readings, creditable_mwh, served_seconds, state FROM hold ORDER BY id",
            "SELECT id, batch, first_reading, last_reading, energy_micro, service_micro FROM segment ORDER BY id",
            "SELECT * FROM tally WHERE value <> 0 ORDER BY name",
            "SELECT * FROM energy_quarter ORDER BY quarter",
            "SELECT cursor FROM book",
        ])
        {
            foreach (IDictionary<string, object> row in connection.Query(sql).Cast<IDictionary<string, object>>())
            {
                text.AppendJoin('|', row.Values).Append('\n');
            }
        }

        return text.ToString();
    });

    public async Task AssertSumIsZeroAsync()
    {
        // Inside the writer, so that no commit lies between the figures.
        (long balances, long credited, long debited) = await WriteAsync(connection => connection.QuerySingle<(long, long, long)>(
            """
            SELECT (SELECT sum(pending_micro + posted_micro) FROM account),
                (SELECT count(*) FROM account a WHERE a.pending_micro + a.posted_micro <> coalesce((SELECT sum(amount_micro) FROM transfer WHERE credit = a.id AND state <> 'voided'), 0)
                    - coalesce((SELECT sum(amount_micro) FROM transfer WHERE debit = a.id AND state <> 'voided'), 0)),
                (SELECT pending_micro + posted_micro FROM account WHERE id = 2)
            """));
        Assert.Equal(0, balances);
        Assert.Equal(0, credited);
        Assert.True(debited >= 0, "more was issued than funded");
    }

    public void Dispose()
    {
        Bookkeeper.Dispose();
        Database.Dispose();
        _writer.Dispose();
        _folder.Dispose();
        _temporary.Dispose();
    }

    private Bookkeeper NewBookkeeper() => new(Database, _writer, Settings, _crediting, Time, NullLogger<Bookkeeper>.Instance);
}
