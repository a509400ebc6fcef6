using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Contracts.Identity;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;
using Org.BouncyCastle.Asn1.Nist;

namespace DePin.Tools.Proof;

/// <summary>Checks one line of a statement.</summary>
internal sealed class LineProof(StatementFile.Line line, Action<string, string> fault, Func<byte, byte[], StatementFile.Place, bool> isInLog)
{
    /// <summary>Kind of a transfer's entry.</summary>
    public const byte TransferKind = 1;

    private const byte BatchKind = 0, EventKind = 2;
    private const long MilliwattHoursPerKilowattHour = 1_000_000, SecondsPerHour = 3600, Whole = 10_000;

    private readonly List<long> _earning = [];
    private string[] _accounts = [];

    /// <summary>The readings that earn in this line, once it was checked.</summary>
    public IReadOnlyList<long> Earning => _earning;

    /// <summary>Names everything that is wrong.</summary>
    public void Check()
    {
        if (CheckBatch() is { } batch)
        {
            CheckReadings(batch);
            CheckTerms(batch);
            CheckTransfers(batch);
        }
    }

    private Batch? CheckBatch()
    {
        if (!StatementProof.TryBytes(line.Message, 0, out byte[] bytes) || SignedMessage.Decode(bytes, MeteringLimits.SignedBatchBytes, out _) is not { } message
            || Batch.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _) is not { } batch)
        {
            fault("message", "it is not a signed batch");
            return null;
        }

        if (!isInLog(BatchKind, bytes, line.Batch))
        {
            fault("batch", "this batch is not in the log at this place");
        }

        if (line.PublicKey.Length != 66 || !line.PublicKey.All(char.IsAsciiHexDigitLower))
        {
            fault("publicKey", "it is not a compressed key of 33 bytes in lower-case hex");
            return null;
        }

        byte[] key = Convert.FromHexString(line.PublicKey);
        if (NodeId.FromKeyHash(SHA256.HashData(key)).ToString() != line.NodeId || batch.Node.ToString() != line.NodeId || message.Node.ToString() != line.NodeId)
        {
            fault("nodeId", "node, key and batch do not belong together");
            return null;
        }

        if (!IsSigned(message, key))
        {
            fault("message", $"its signature is not that of node {line.NodeId}");
        }

        return batch;
    }

    /// <summary>The key of a compressed point; null where it is none.</summary>
    public static ECDsa? KeyOf(byte[] key)
    {
        try
        {
            Org.BouncyCastle.Math.EC.ECPoint read = NistNamedCurves.GetByName("P-256").Curve.DecodePoint(key).Normalize();
            var point = new ECPoint { X = read.AffineXCoord.GetEncoded(), Y = read.AffineYCoord.GetEncoded() };
            return ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, Q = point });
        }
        catch (Exception problem) when (problem is ArgumentException or FormatException)
        {
            return null;
        }
    }

    private static bool IsSigned(SignedMessage message, byte[] key)
    {
        using ECDsa? ecdsa = KeyOf(key);
        byte[] signed = SignedMessage.ToBeSigned(SignedMessage.BatchContext, message.Message, message.PayloadOffset, message.PayloadLength);
        return ecdsa?.VerifyData(signed, message.CopySignature(), HashAlgorithmName.SHA256) == true;
    }

    private void CheckReadings(Batch batch)
    {
        if (line.FirstReading < batch.Sequence || line.LastReading >= batch.NextSequence || line.FirstReading > line.LastReading)
        {
            fault("firstReading", $"the batch has the readings {batch.Sequence} to {batch.NextSequence - 1}");
            return;
        }

        if (!AreRunsPossible(batch))
        {
            fault("runs", "they overlap, or leave the batch, or withhold energy that was not delivered");
            return;
        }

        long seconds = 0;
        Int128 delivered = 0;
        for (long sequence = line.FirstReading; sequence <= line.LastReading; sequence++)
        {
            if (!line.Runs.Any(run => !run.Earns && run.First <= sequence && sequence < run.First + run.Count))
            {
                Reading reading = batch.Readings[sequence - batch.Sequence];
                delivered += reading.DeliveredMilliwattHours;
                seconds += reading.Seconds;
                _earning.Add(sequence);
            }
        }

        // A run that this line shares with another says only how much both together do not count.
        Int128 least = 0;
        Int128 most = 0;
        foreach (StatementFile.Run run in line.Runs.Where(run => run.Earns))
        {
            Int128 inside = Delivered(batch, Math.Max(run.First, line.FirstReading), Math.Min(run.First + run.Count - 1, line.LastReading));
            Int128 outside = Delivered(batch, run.First, run.First + run.Count - 1) - inside;
            least += Int128.Max(0, run.UncreditedMilliwattHours - outside);
            most += Int128.Min(run.UncreditedMilliwattHours, inside);
        }

        if (line.CreditableMilliwattHours < 0 || line.CreditableMilliwattHours > delivered - least || line.CreditableMilliwattHours < delivered - most)
        {
            fault("creditableMilliwattHours", $"it says {line.CreditableMilliwattHours}; the signed readings that earn delivered {delivered} mWh, of which {least}{(most == least ? "" : $" to {most}")} do not count");
        }

        if (line.ServedSeconds < 0 || line.ServedSeconds > seconds)
        {
            fault("servedSeconds", $"it says {line.ServedSeconds}; the readings that earn last {seconds} s");
        }

        Follows("energyMicro", line.EnergyMicro, (Int128)line.CreditableMilliwattHours * line.MicroPerKilowattHour / MilliwattHoursPerKilowattHour);
        Follows("serviceMicro", line.ServiceMicro, (Int128)line.ServedSeconds * line.MicroPerServedHour / SecondsPerHour);
    }

    private bool AreRunsPossible(Batch batch)
    {
        long next = batch.Sequence;
        foreach (StatementFile.Run run in line.Runs)
        {
            if (run.First < next || run.Count < 1 || run.First > batch.NextSequence - run.Count || run.UncreditedMilliwattHours < 0
                || run.UncreditedMilliwattHours > Delivered(batch, run.First, run.First + run.Count - 1))
            {
                return false;
            }

            next = run.First + run.Count;
        }

        return true;
    }

    private static Int128 Delivered(Batch batch, long first, long last)
    {
        Int128 delivered = 0;
        for (long sequence = first; sequence <= last; sequence++)
        {
            delivered += batch.Readings[sequence - batch.Sequence].DeliveredMilliwattHours;
        }

        return delivered;
    }

    private void CheckTransfers(Batch batch)
    {
        string payload = Convert.ToHexStringLower(SHA256.HashData(batch.Encode()));
        var given = new Dictionary<string, Int128>(StringComparer.Ordinal) { ["energy"] = 0, ["service"] = 0 };
        foreach (StatementFile.Transfer transfer in line.Transfers)
        {
            string field = $"transfer {transfer.Id[..Math.Min(12, transfer.Id.Length)]}";
            if (!isInLog(TransferKind, StatementProof.ContentOf(transfer), transfer.Place))
            {
                fault(field, "it is not in the log as it stands here");
            }

            if (transfer.Kind is not ("energy" or "service") || transfer.Source != payload || transfer.Debit != "issued")
            {
                fault(field, "it is no credit for this batch");
                continue;
            }

            int leg = Leg(transfer.Credit);
            if (leg >= 0 && _accounts.Length > leg && transfer.Credit != _accounts[leg])
            {
                fault(field, $"it goes to {transfer.Credit}; pairing and agreement name {_accounts[leg]}");
            }

            Int128 whole = StatementProof.Amount(transfer.Kind == "energy" ? line.EnergyMicro : line.ServiceMicro) ?? 0;
            long[] basisPoints = [line.OperatorBasisPoints, line.CapitalBuilderBasisPoints, 0, line.ManagerBasisPoints];
            Int128 share = leg == 2 ? whole - basisPoints.Aggregate((Int128)0, (sum, points) => sum + (whole * points / Whole)) : leg < 0 ? 0 : whole * basisPoints[leg] / Whole;
            if (leg < 0 || StatementProof.Amount(transfer.AmountMicro) != share)
            {
                fault(field, $"it gives {transfer.Credit} {transfer.AmountMicro}; the share is {share}");
            }

            if (transfer.Id != IdOf(transfer.Kind, payload, (byte)(line.FirstReading - batch.Sequence), (byte)Math.Max(0, leg)))
            {
                fault(field, "its id is not the hash of what it is for");
            }

            given[transfer.Kind] += StatementProof.Amount(transfer.AmountMicro) ?? 0;
        }

        foreach ((string kind, Int128 sum) in given)
        {
            string whole = kind == "energy" ? line.EnergyMicro : line.ServiceMicro;
            if (sum.ToString() != whole)
            {
                fault("transfers", $"those for {kind} add up to {sum}, not to {whole}");
            }
        }
    }

    private void CheckTerms(Batch batch)
    {
        long? opened = batch.Clock == ClockState.NeverSet ? null : batch.OpenedUnixSeconds + batch.Readings.Take((int)Math.Clamp(line.FirstReading - batch.Sequence, 0, batch.Readings.Length)).Sum(reading => (long)reading.Seconds);
        string? manager = null;
        CheckTerm("tariff", line.Tariff, opened, content => Number(content, "profile") == batch.Profile
            && Number(content, "microPerKilowattHour") == line.MicroPerKilowattHour && Number(content, "microPerServedHour") == line.MicroPerServedHour);
        CheckTerm("agreement", line.Agreement, opened, content =>
        {
            if (!IsOfNode(content) || content["agreement"] is not JsonObject agreement)
            {
                return false;
            }

            manager = Text(agreement, "managerName");
            return Number(agreement, "operator") == line.OperatorBasisPoints && Number(agreement, "capitalBuilder") == line.CapitalBuilderBasisPoints
                && (Number(agreement, "manager") ?? 0) == line.ManagerBasisPoints;
        });

        // Registering a node pairs it.
        string kind = line.Pairing.Kind == "registered" ? "registered" : "pairing";
        CheckTerm(kind, line.Pairing, opened, content =>
        {
            _accounts = [$"operator:{Text(content, "operator")}", $"builder:{Text(content, "capitalBuilder")}", "reserve", $"manager:{manager}"];
            return IsOfNode(content);
        });
    }

    private bool IsOfNode(JsonObject content) => Text(content, "nodeId") == line.NodeId;

    private void CheckTerm(string kind, StatementFile.Event made, long? openedUnixSeconds, Func<JsonObject, bool> agrees)
    {
        if (made.Kind != kind || !isInLog(EventKind, StatementProof.ContentOf(made), made.Place))
        {
            fault(kind, "it is not in the log as it stands here");
            return;
        }

        try
        {
            if (JsonNode.Parse(made.Content) is not JsonObject content || !agrees(content))
            {
                fault(kind, "its figures are not those of this line");
            }
            else if (Number(content, "fromUnixSeconds") is not { } from || from > (openedUnixSeconds ?? long.MaxValue))
            {
                fault(kind, "it counts from later than these readings");
            }
        }
        catch (JsonException)
        {
            fault(kind, "its content cannot be read");
        }
    }

    private void Follows(string field, string text, Int128 amount)
    {
        if (text != amount.ToString())
        {
            fault(field, $"it says {text}; tariff and figures give {amount}");
        }
    }

    private static long? Number(JsonObject content, string name) => content[name] is JsonValue value && value.TryGetValue(out long number) ? number : null;

    private static string? Text(JsonObject content, string name) => content[name] is JsonValue value && value.TryGetValue(out string? text) ? text : null;

    private static int Leg(string account) =>
        account.StartsWith("operator:", StringComparison.Ordinal) ? 0
        : account.StartsWith("builder:", StringComparison.Ordinal) ? 1
        : account == "reserve" ? 2
        : account.StartsWith("manager:", StringComparison.Ordinal) ? 3
        : -1;

    private static string IdOf(string kind, string payload, byte segment, byte leg) =>
        Convert.ToHexStringLower(SHA256.HashData([.. Encoding.ASCII.GetBytes(kind), 0, .. Convert.FromHexString(payload), segment, leg, 0, 0, 0, 0]));
}
