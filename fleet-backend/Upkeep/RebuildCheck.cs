using System.Data.Common;
using System.Security.Cryptography;
using System.Text.Json;
using DePin.Fleet.Crediting;
using DePin.Fleet.Ledger;
using DePin.Fleet.Nodes;
using DePin.Fleet.Storage;
using DePin.Fleet.Verification;

namespace DePin.Fleet.Upkeep;

/// <summary>
/// Makes every verdict and every credit anew from the signed bytes and the log of events, and names whatever is stored otherwise. Reads
/// one instant of the database and writes nothing, so it may run beside the backend. What is archived is read from the files of the given folder.
/// </summary>
internal sealed class RebuildCheck(DbConnection connection, Action<long>? progress, string? archive = null)
{
    private const int Chunk = 1000;
    private const int ProgressBatches = 50_000;
    private const int MostNamed = 100;

    private readonly List<string> _differences = [];
    private readonly Dictionary<long, NodeVerdictState> _states = [];
    private readonly Dictionary<long, NodeFile> _files = [];
    private readonly Dictionary<long, ECDsa> _keys = [];
    private readonly Dictionary<string, long> _tallies = new(StringComparer.Ordinal);
    private readonly Dictionary<long, HeldDecision> _decisions = [];
    private readonly Dictionary<long, (long At, string By)> _decided = [];
    private readonly Dictionary<(long Node, long At, string Reason), DayCap> _days = [];
    private readonly FirmwareBook _firmware = BacklogStore.Firmware(connection);
    private long _found;
    private long _batches;
    private long _archived;
    private long _readings;
    private long _transfers;
    private Int128 _creditMicro;

    /// <summary>Compares everything.</summary>
    /// <exception cref="StartRefusedException">Signed bytes are archived, and their files are not there as they were written.</exception>
    public RebuildReport Run(CancellationToken cancellationToken)
    {
        using DbTransaction instant = connection.BeginInstant();
        ArchiveStore.HoldMessages(connection);
        using ArchiveShelf shelf = ArchiveShelf.Open(connection, archive);
        ReadEvents();
        CheckBatches(shelf, cancellationToken);
        CheckStates();
        CheckTallies();
        foreach (string difference in RebuildStore.Sums(connection))
        {
            Name(difference);
        }

        long all = RebuildStore.SegmentTransfers(connection);
        if (all != _transfers)
        {
            Name($"transfers: {all - _transfers} are for segments that no batch has");
        }

        foreach (string row in RebuildStore.TermsWithoutEvent(connection))
        {
            Name($"{row}: no event made it as it stands");
        }

        foreach ((string kind, string reference, byte[] id) in RebuildStore.Others(connection))
        {
            string document = kind == Transfers.Repayment ? reference[(reference.IndexOf(": ", StringComparison.Ordinal) + 2)..] : reference;
            if (!Transfers.IdOf(kind, document).AsSpan().SequenceEqual(id))
            {
                Name($"transfer {Convert.ToHexStringLower(id.AsSpan(0, 6))}: its id is not the hash of '{kind}' and its reference");
            }
        }

        new SettlementCheck(connection, Name).Run();
        foreach (string difference in LogCheck.Differences(connection, shelf.Message))
        {
            Name(difference);
        }

        foreach (ECDsa key in _keys.Values)
        {
            key.Dispose();
        }

        return new RebuildReport(_batches, _readings, _creditMicro.ToString(), _found, _differences, _archived);
    }

    private void ReadEvents()
    {
        foreach ((long at, string by, string content) in RebuildStore.Decisions(connection))
        {
            HeldDecision decision = JsonSerializer.Deserialize<HeldDecision>(content, JsonSerializerOptions.Web)!;
            _decisions[decision.Hold] = decision;
            _decided[decision.Hold] = (at, by);
        }

        foreach ((long id, string nodeId, byte[] key) in RebuildStore.Nodes(connection))
        {
            if (CompressedPoint.Decompress(key) is { } point && DePin.Contracts.Identity.NodeId.FromKeyHash(SHA256.HashData(key)).ToString() == nodeId)
            {
                _keys[id] = ECDsa.Create(point);
            }
            else
            {
                Name($"node {nodeId}: its name is not the hash of its key");
            }
        }
    }

    private void CheckBatches(ArchiveShelf shelf, CancellationToken cancellationToken)
    {
        (long last, _) = BacklogStore.Book(connection);
        IReadOnlyList<(long AfterBatch, VerificationSettings Settings)> versions = RulesStore.Versions(connection);
        for (long cursor = 0; cursor < last;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            List<StoredBatch> chunk = BacklogStore.After(connection, cursor, Chunk);
            foreach (StoredBatch stored in chunk.Where(stored => stored.Id <= last))
            {
                StoredBatch whole = stored.Message is null ? stored with { Message = shelf.Message(stored.Id) } : stored;
                _archived += stored.Message is null && whole.Message is not null ? 1 : 0;
                Check(whole, versions.LastOrDefault(version => version.AfterBatch < stored.Id).Settings ?? new VerificationSettings());
            }

            cursor = chunk.Count == 0 ? last : chunk[^1].Id;
            if (_batches / ProgressBatches != (_batches - chunk.Count) / ProgressBatches)
            {
                progress?.Invoke(_batches);
            }
        }
    }

    private void Check(StoredBatch stored, VerificationSettings settings)
    {
        _batches++;
        string named = $"batch {stored.Id}";
        if (GenuineBatch.Fault(stored.Message, stored.PayloadHash, _keys.GetValueOrDefault(stored.Node)) is { } fault)
        {
            Name($"{named}: {fault}");
            return;
        }

        if (!_files.TryGetValue(stored.Node, out NodeFile? file))
        {
            _files[stored.Node] = file = BacklogStore.File(connection, stored.Node);
        }

        var judged = JudgedBatch.Of(stored, file, _firmware, _states.GetValueOrDefault(stored.Node) ?? new NodeVerdictState(), settings);
        _states[stored.Node] = judged.StateAfter;
        _readings += judged.Verdicts.Length;
        var expected = ExpectedBatch.Of(judged);
        foreach (HoldRow hold in expected.Holds)
        {
            if (_decisions.TryGetValue(hold.Id, out HeldDecision? decision))
            {
                (long at, string by) = _decided[hold.Id];
                (long, long, string) group = (stored.Node, at, decision.Reason);
                if (!_days.TryGetValue(group, out DayCap? day))
                {
                    _days[group] = day = new DayCap();
                }

                expected.Apply(hold, HeldReadings.Of(
                    hold, stored, file, _firmware, () => HoldStore.PreviousArrival(connection, stored), new Decision(decision.IsReleased, by, decision.Reason, decision.BootedUnixSeconds), day, settings));
            }
        }

        Compare(named, stored, expected);
    }

    private void Compare(string named, StoredBatch stored, ExpectedBatch expected)
    {
        StoredVerdict? verdict = RebuildStore.Verdict(connection, stored.Id);
        if (verdict is null)
        {
            Name($"{named}: it has no verdicts");
            return;
        }

        string? detail = VerdictRun.Write(expected.Runs);
        if (verdict.Detail != detail || verdict.OpenedUnixSeconds != expected.OpenedUnixSeconds)
        {
            Name($"{named}: its verdicts are stored as {verdict.Detail ?? "all credited"}; the signed readings give {detail ?? "all credited"}");
        }

        IReadOnlyList<(long Id, string Text, long IsUnfunded)> segments = RebuildStore.Segments(connection, stored.Id);
        string[] wanted = [.. expected.Segments.Select(segment => segment.Text)];
        if (!segments.Select(segment => segment.Text).SequenceEqual(wanted, StringComparer.Ordinal))
        {
            Name($"{named}: its segments are stored as [{string.Join("; ", segments.Select(segment => segment.Text))}]; the signed readings give [{string.Join("; ", wanted)}]");
            return;
        }

        int unfunded = 0;
        foreach (((long id, _, long isUnfunded), ExpectedSegment segment) in segments.Zip(expected.Segments))
        {
            IReadOnlyList<string> transfers = RebuildStore.Transfers(connection, id);
            string[] given = isUnfunded != 0 ? [] : segment.Transfers(stored.PayloadHash);
            _transfers += transfers.Count;
            unfunded += isUnfunded != 0 ? segment.Segment.Readings : 0;
            if (!transfers.SequenceEqual(given, StringComparer.Ordinal))
            {
                Name($"{named}, readings {segment.Text}: its transfers are [{string.Join("; ", transfers)}]; terms and readings give [{string.Join("; ", given)}]");
            }

            _creditMicro += segment.Segment.WholeMicro;
        }

        (int credited, int held, int refused) = expected.Counts;
        if ((verdict.Credited, verdict.Held, verdict.Refused, verdict.Unfunded) != (credited - unfunded, held + unfunded, refused, unfunded))
        {
            Name($"{named}: {verdict.Credited} readings are stored as credited, {verdict.Held} as held, {verdict.Refused} as refused; it should be {credited - unfunded}, {held + unfunded}, {refused}");
        }

        string[] holds = [.. expected.HoldTexts()];
        if (!RebuildStore.Holds(connection, stored.Id).SequenceEqual(holds, StringComparer.Ordinal))
        {
            Name($"{named}: what is held is stored as [{string.Join("; ", RebuildStore.Holds(connection, stored.Id))}]; it should be [{string.Join("; ", holds)}]");
        }

        Count(expected, unfunded);
    }

    private void Count(ExpectedBatch expected, int unfunded)
    {
        Tally("batches", 1);
        Tally("readings", expected.Counts.Credited + expected.Counts.Held + expected.Counts.Refused);
        Tally("credited", expected.Counts.Credited - unfunded);
        Tally(TallyStore.Held + VerdictName.Unfunded, unfunded);
        foreach (VerdictRun run in expected.Runs.Where(run => run.Outcome != Outcome.Credited))
        {
            Tally((run.Outcome == Outcome.Held ? TallyStore.Held : TallyStore.Refused) + run.Name, run.Count);
        }
    }

    private void Tally(string name, long change)
    {
        if (change != 0)
        {
            _tallies[name] = _tallies.GetValueOrDefault(name) + change;
        }
    }

    private void CheckStates()
    {
        foreach ((long node, NodeVerdictState state) in _states)
        {
            if (RebuildStore.State(connection, node) is not { } stored || !stored.AsSpan().SequenceEqual(StateBytes.Write(state)))
            {
                Name($"node {_files[node].NodeId}: what is remembered of it is not what its batches give");
            }
        }
    }

    private void CheckTallies()
    {
        Dictionary<string, long> stored = RebuildStore.Tallies(connection);
        foreach (string name in stored.Keys.Union(_tallies.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            if (stored.GetValueOrDefault(name) != _tallies.GetValueOrDefault(name))
            {
                Name($"tally {name}: it is stored as {stored.GetValueOrDefault(name)}, the batches give {_tallies.GetValueOrDefault(name)}");
            }
        }
    }

    private void Name(string difference)
    {
        _found++;
        if (_differences.Count < MostNamed)
        {
            _differences.Add(difference);
        }
    }
}

/// <summary>What a comparison found.</summary>
/// <param name="Batches">Batches judged anew.</param>
/// <param name="Readings">Readings in them.</param>
/// <param name="CreditMicro">Credit that follows from them, for all who share.</param>
/// <param name="Found">Differences.</param>
/// <param name="Differences">The first hundred of them, each with where it is.</param>
/// <param name="Archived">Batches whose signed bytes came from files of the archive.</param>
internal sealed record RebuildReport(long Batches, long Readings, string CreditMicro, long Found, IReadOnlyList<string> Differences, long Archived);
