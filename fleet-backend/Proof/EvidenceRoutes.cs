using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using DePin.Fleet.Api;
using DePin.Fleet.Ledger;
using DePin.Fleet.People;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;
using Microsoft.AspNetCore.Http.HttpResults;

namespace DePin.Fleet.Proof;

/// <summary>A statement with all that proves it, as one file that is checked without this backend.</summary>
internal static class EvidenceRoutes
{
    private const int MaxLines = 1000;

    /// <summary>GET /api/accounts/{name}/evidence.</summary>
    public static void MapEvidence(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/api/accounts/{name}/evidence", Results<Ok<EvidenceFile>, ProblemHttpResult> (string name, Caller caller, Database database, ProofLog log, long from = 0, long to = long.MaxValue, long after = 0, int limit = MaxLines) =>
        {
            if (limit is < 1 or > MaxLines || from > to)
            {
                return TypedResults.Problem($"limit must be a number from 1 to {MaxLines}, and from must not lie after to (both Unix seconds).", statusCode: 400);
            }

            if (!caller.MaySee(name))
            {
                return TypedResults.Problem(LedgerRoutes.NotYours(name), statusCode: 403);
            }

            using DbConnection connection = database.OpenReader();
            using DbTransaction instant = connection.BeginInstant();
            if (TallyStore.Account(connection, name) is null)
            {
                return TypedResults.Problem($"There is no account '{name}'.", statusCode: 404);
            }

            LogHead head = LogStore.Head(connection).AsWitnessed();
            if (head.Checkpoint is null)
            {
                return TypedResults.Problem("The log is empty: nothing was stored yet.", statusCode: 409);
            }

            var reader = new EvidenceReader(connection, head);
            IReadOnlyList<EvidenceRow> rows = EvidenceStore.Lines(connection, name, from, to, after, limit + 1);
            if (rows.Take(limit).Where(row => row.Message is null).Select(row => row.Archive).Distinct().ToArray() is { Length: > 0 } archives)
            {
                return TypedResults.Problem($"What nodes signed for these lines is no longer in the database but in {archives.Length} files of the archive, the first of them {archives[0]}. Ask for a later time, or who keeps the archive for the files.", statusCode: 410);
            }

            EvidenceLine?[] read = [.. rows.Take(limit).Select(reader.Line)];
            EvidenceLine[] lines = [.. read.OfType<EvidenceLine>()];
            EvidenceTransfer?[] moved = [.. (after > 0 ? [] : EvidenceStore.Movements(connection, name, from, to, MaxLines + 1)).Select(reader.Transfer)];
            if (moved.Length > MaxLines)
            {
                return TypedResults.Problem($"More than {MaxLines} payouts and other transfers fall into this time; ask for a shorter one.", statusCode: 400);
            }

            EvidenceTransfer[] movements = [.. moved.OfType<EvidenceTransfer>()];
            long movedMicro = movements.Sum(transfer => (transfer.Credit == name ? 1 : -1) * long.Parse(transfer.AmountMicro, CultureInfo.InvariantCulture));
            long total = lines.SelectMany(line => line.Transfers).Where(transfer => transfer.Credit == name).Sum(transfer => long.Parse(transfer.AmountMicro, CultureInfo.InvariantCulture));
            return TypedResults.Ok(new EvidenceFile(name, log.VerifierKey, head.Checkpoint, Transfers.Text(total), rows.Count > limit ? rows[limit - 1].Segment : null, lines,
                Transfers.Text(movedMicro), movements, read.Count(line => line is null) + moved.Count(transfer => transfer is null)));
        }).Needs(Access.OwnPart).Does("getEvidence", "A statement with all that proves it, a file as FORMATS.md says; nextAfter is the after of the next file.");
}

/// <summary>Puts evidence together at one instant of the log.</summary>
internal sealed class EvidenceReader(DbConnection connection, LogHead head)
{
    private readonly MerkleTree _tree = ProofLog.TreeOn(connection);
    private readonly Dictionary<string, EvidenceEvent?> _events = new(StringComparer.Ordinal);

    /// <summary>A line; null while it is not in the log yet: it follows within seconds.</summary>
    public EvidenceLine? Line(EvidenceRow row)
    {
        byte[] message = row.Message ?? throw new InvalidDataException($"the signed bytes of batch {row.Batch} are not in the database");
        EvidenceTransfer[] transfers = [.. EvidenceStore.Transfers(connection, row.Segment).Select(Transfer).OfType<EvidenceTransfer>()];
        EvidenceEvent? tariff = Event($"tariff {row.Profile} {row.TariffFromUnixSeconds}", () => EvidenceStore.Tariff(connection, row.Profile, row.TariffFromUnixSeconds));
        EvidenceEvent? agreement = Event($"agreement {row.Node} {row.AgreementFromUnixSeconds}", () => EvidenceStore.Agreement(connection, row.Node, row.AgreementFromUnixSeconds));
        EvidenceEvent? pairing = Event($"pairing {row.Node} {row.PairingFromUnixSeconds}", () => EvidenceStore.Pairing(connection, row.Node, row.PairingFromUnixSeconds));
        if (Place(SHA256.HashData(message)) is not { } batch || transfers.Length == 0 || tariff is null || agreement is null || pairing is null)
        {
            return null;
        }

        // What was held and then released earns in a line of its own, whose first reading is one of those; it may lie within the range of another line.
        IReadOnlyList<VerdictRun> detail = VerdictRun.Read(row.Detail);
        bool isRelease = detail.Any(run => run.Decision is not null && run.First <= row.FirstReading && row.FirstReading < run.First + run.Count);
        EvidenceRun[] runs = [.. detail.Where(run => run.First <= row.LastReading && run.First + run.Count > row.FirstReading).Select(run => new EvidenceRun(
            run.First, run.Count, run.Outcome == Outcome.Credited && run.Decision is not null == isRelease, run.Name.ToString(), run.UncreditedMilliwattHours, Sentence.Read(run.Figures, Language.English)))];
        return new EvidenceLine(
            row.NodeId, Convert.ToHexStringLower(row.PublicKey), Convert.ToBase64String(message), batch, row.FirstReading, row.LastReading, runs,
            row.CreditableMilliwattHours, row.ServedSeconds, row.MicroPerKilowattHour, row.MicroPerServedHour, tariff,
            row.OperatorBasisPoints, row.CapitalBuilderBasisPoints, row.ManagerBasisPoints, agreement, pairing, Transfers.Text(row.EnergyMicro), Transfers.Text(row.ServiceMicro), transfers);
    }

    /// <summary>A transfer; null while it is not in the log yet.</summary>
    public EvidenceTransfer? Transfer(TransferContent transfer) => Place(SHA256.HashData(transfer.Bytes())) is { } place
        ? new EvidenceTransfer(Convert.ToHexStringLower(transfer.Id), transfer.Kind, transfer.Debit, transfer.Credit, Transfers.Text(transfer.AmountMicro), transfer.Source, place)
        : null;

    private EvidenceEvent? Event(string key, Func<EventContent?> read)
    {
        if (!_events.TryGetValue(key, out EvidenceEvent? found))
        {
            found = read() is { } content && Place(SHA256.HashData(content.Bytes())) is { } place
                ? new EvidenceEvent(content.Kind, content.AtUnixMilliseconds, content.By, content.Content, place)
                : null;
            _events[key] = found;
        }

        return found;
    }

    private EvidencePlace? Place(byte[] hash) => LogStore.Find(connection, hash, head.Size) is { } index
        ? new EvidencePlace(index, [.. _tree.Inclusion(index, head.Size).Select(Convert.ToBase64String)])
        : null;
}

/// <summary>
/// A statement with its proofs: credit by lines, then what else moved on the account; how much of both waits to be in the log. Amounts are
/// micro-credits as text; FORMATS.md says how it is checked.
/// </summary>
internal sealed record EvidenceFile(
    string Account, string LogKey, string Checkpoint, string TotalMicro, long? NextAfter, IReadOnlyList<EvidenceLine> Lines,
    string MovementsMicro, IReadOnlyList<EvidenceTransfer> Movements, int Waiting);

/// <summary>What one segment of a batch gave, and why.</summary>
internal sealed record EvidenceLine(
    string NodeId, string PublicKey, string Message, EvidencePlace Batch, long FirstReading, long LastReading, IReadOnlyList<EvidenceRun> Runs, long CreditableMilliwattHours, long ServedSeconds,
    long MicroPerKilowattHour, long MicroPerServedHour, EvidenceEvent Tariff, long OperatorBasisPoints, long CapitalBuilderBasisPoints, long ManagerBasisPoints, EvidenceEvent Agreement, EvidenceEvent Pairing,
    string EnergyMicro, string ServiceMicro, IReadOnlyList<EvidenceTransfer> Transfers);

/// <summary>Readings of the segment's range that do not earn in it, or not all of their energy.</summary>
internal sealed record EvidenceRun(long First, int Count, bool Earns, string Name, long UncreditedMilliwattHours, string? Figures);

/// <summary>A transfer as it stands in the log.</summary>
internal sealed record EvidenceTransfer(string Id, string Kind, string Debit, string Credit, string AmountMicro, string Source, EvidencePlace Place);

/// <summary>An event as it stands in the log.</summary>
internal sealed record EvidenceEvent(string Kind, long AtUnixMilliseconds, string By, string Content, EvidencePlace Place);

/// <summary>Index in the log, and the hashes beside the way up, lowest first, base64.</summary>
internal sealed record EvidencePlace(long Index, IReadOnlyList<string> Proof);
