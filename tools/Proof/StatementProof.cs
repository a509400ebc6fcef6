using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace DePin.Tools.Proof;

/// <summary>
/// Checks a statement without the backend that made it: the log's signature, that batches, transfers and terms are in the log, that each
/// batch is signed by its node, and that each amount follows. What it cannot see is what was left out.
/// </summary>
internal sealed class StatementProof
{
    private readonly StatementFile _file;
    private readonly List<string> _faults = [];
    private long _size;
    private byte[] _root = [];

    private StatementProof(StatementFile file) => _file = file;

    /// <summary>All that is wrong with it, each with its line and field; none where it holds.</summary>
    public static IReadOnlyList<string> Faults(StatementFile file, VerifierKey key, params IReadOnlyList<VerifierKey> witnesses)
    {
        var proof = new StatementProof(file);
        proof.Check(key);
        foreach (VerifierKey witness in witnesses.Where(witness => witness.Open(file.Checkpoint) is null))
        {
            proof._faults.Add($"checkpoint: the witness {witness.Name} did not sign it");
        }

        return proof._faults;
    }

    private void Check(VerifierKey key)
    {
        if (VerifierKey.Read(_file.LogKey) is not { } named || named.Name != key.Name)
        {
            _faults.Add($"logKey: it is not the key of the log {key.Name}");
        }

        string[] lines = key.Open(_file.Checkpoint)?.Split('\n') ?? [];
        if (lines.Length < 4 || lines[0] != key.Name || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out _size) || !TryBytes(lines[2], 32, out _root))
        {
            _faults.Add($"checkpoint: it is not signed by {key.Name} with this key, so nothing below it counts");
            return;
        }

        Int128 total = 0;
        var earned = new Dictionary<(string Node, long Reading), int>();
        for (int i = 0; i < _file.Lines.Length; i++)
        {
            StatementFile.Line line = _file.Lines[i];
            var reading = new LineProof(line, (field, fault) => _faults.Add($"line {i + 1}, {field}: {fault}"), IsInLog);
            reading.Check();
            if (reading.Earning.Where(sequence => !earned.TryAdd((line.NodeId, sequence), i + 1)).Select(sequence => (long?)sequence).FirstOrDefault() is { } twice)
            {
                _faults.Add($"line {i + 1}, firstReading: reading {twice} earned in line {earned[(line.NodeId, twice)]} already");
            }

            total = line.Transfers.Where(transfer => transfer.Credit == _file.Account).Aggregate(total, (sum, transfer) => sum + (Amount(transfer.AmountMicro) ?? 0));
        }

        Int128 moved = 0;
        foreach (StatementFile.Transfer transfer in _file.Movements)
        {
            bool isHis = (transfer.Credit == _file.Account) != (transfer.Debit == _file.Account);
            if (!isHis || !IsInLog(LineProof.TransferKind, ContentOf(transfer), transfer.Place))
            {
                _faults.Add($"movement {transfer.Id[..Math.Min(12, transfer.Id.Length)]}: {(isHis ? "it is not in the log as it stands here" : $"it does not concern {_file.Account}")}");
            }

            moved += (transfer.Credit == _file.Account ? 1 : -1) * (Amount(transfer.AmountMicro) ?? 0);
        }

        if (_file.MovementsMicro != moved.ToString(CultureInfo.InvariantCulture))
        {
            _faults.Add($"movementsMicro: it says {_file.MovementsMicro}, the movements give {moved}");
        }

        if (_file.TotalMicro != total.ToString(CultureInfo.InvariantCulture))
        {
            _faults.Add($"totalMicro: it says {_file.TotalMicro}, the lines give {_file.Account} {total}");
        }

        foreach (IGrouping<string, StatementFile.Transfer> listed in _file.Lines.SelectMany(line => line.Transfers).Concat(_file.Movements).GroupBy(transfer => transfer.Id).Where(same => same.Count() > 1))
        {
            _faults.Add($"transfer {listed.Key}: it is listed {listed.Count()} times");
        }
    }

    /// <summary>An amount of micro-credits, or null.</summary>
    internal static long? Amount(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long amount) && amount.ToString(CultureInfo.InvariantCulture) == text ? amount : null;

    /// <summary>Bytes in base64 of one length; exactly as they are written, so that no digit is without meaning.</summary>
    internal static bool TryBytes(string text, int length, out byte[] bytes)
    {
        bytes = new byte[Math.Max(length, text.Length)];
        bool isRead = Convert.TryFromBase64String(text, bytes, out int count) && (length == 0 || count == length);
        bytes = bytes[..count];
        return isRead && Convert.ToBase64String(bytes) == text;
    }

    private bool IsInLog(byte kind, byte[] content, StatementFile.Place place)
    {
        var proof = new List<byte[]>();
        foreach (string text in place.Proof)
        {
            if (!TryBytes(text, 32, out byte[] hash))
            {
                return false;
            }

            proof.Add(hash);
        }

        return LogProof.IsIncluded(LogProof.Leaf([kind, .. SHA256.HashData(content)]), place.Index, _size, proof, _root);
    }

    /// <summary>The content of a transfer, see FORMATS.md.</summary>
    internal static byte[] ContentOf(StatementFile.Transfer transfer) =>
        Encoding.UTF8.GetBytes($"depin/1/transfer\n{transfer.Id}\n{transfer.Kind}\n{transfer.Debit}\n{transfer.Credit}\n{transfer.AmountMicro}\n{transfer.Source}\n");

    /// <summary>The content of an event, see FORMATS.md.</summary>
    internal static byte[] ContentOf(StatementFile.Event made) => Encoding.UTF8.GetBytes($"depin/1/event\n{made.Kind}\n{made.AtUnixMilliseconds}\n{made.By}\n{made.Content}\n");
}
