using System.Text.Json;
using System.Text.Json.Nodes;
using DePin.Contracts.Signing;

namespace DePin.Tools.Vectors;

/// <summary>The golden vectors as files: writes them, or says how they differ from what the contracts make.</summary>
internal static class VectorFiles
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>Writes all files; a signature that stands there already is kept while its payload is the same.</summary>
    public static IReadOnlyList<string> Write(string folder)
    {
        Directory.CreateDirectory(folder);
        var written = new List<string>();
        foreach ((string name, JsonNode content) in Build(folder))
        {
            string path = Path.Combine(folder, name);
            string text = content.ToJsonString(Indented) + "\n";
            if (!File.Exists(path) || File.ReadAllText(path) != text)
            {
                File.WriteAllText(path, text);
                written.Add(path);
            }
        }

        return written;
    }

    /// <summary>Sentences on what differs; none when every file is as the contracts make it.</summary>
    public static IReadOnlyList<string> Check(string folder)
    {
        var differences = new List<string>();
        foreach ((string name, JsonNode content) in Build(folder))
        {
            string path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                differences.Add($"{name} is missing.");
            }
            else if (File.ReadAllText(path) != content.ToJsonString(Indented) + "\n")
            {
                differences.Add($"{name} differs from what the contracts make.");
            }
        }

        return differences;
    }

    private static IEnumerable<(string Name, JsonNode Content)> Build(string folder)
    {
        using var key = new TestKey("lamp");
        using var other = new TestKey("airnode");
        var signatures = new KnownSignatures(folder);
        SignedVector[] batches = BatchVectors.Build(key, other, signatures);
        using var releaseKeys = new ReleaseKeys();
        yield return ("keys.json", new JsonArray([KeyJson("lamp", key), KeyJson("airnode", other), .. releaseKeys.All.Select(named => KeyJson(named.Name, named.Key))]));
        yield return ("batches.json", new JsonArray([.. batches.Select(vector => vector.ToJson())]));
        SignedVector[] gaps = [GapVectors.Build(key, batches[1], signatures)];
        yield return ("gaps.json", new JsonArray([.. gaps.Select(vector => vector.ToJson())]));
        SignedVector answer = PairVectors.Answer(key, signatures);
        yield return ("pairs.json", new JsonArray(answer.ToJson()));
        CountersignedVector[] releases = UpdateVectors.Build(releaseKeys, signatures);
        SignedVector[] reports = UpdateVectors.Reports(key, signatures);
        yield return ("releases.json", new JsonArray([.. releases.Select(vector => vector.ToJson())]));
        yield return ("reports.json", new JsonArray([.. reports.Select(vector => vector.ToJson())]));
        CountersignedVector[] moves = MoveVectors.Changes(releaseKeys, signatures);
        SignedVector[] moveReports = MoveVectors.Reports(key, signatures);
        yield return ("moves.json", new JsonArray([.. moves.Select(vector => vector.ToJson()), .. moveReports.Select(vector => vector.ToJson())]));
        yield return ("messages.json", MessageVectors.Build(key, releases, moves));
        yield return ("flash.json", FlashVectors.Build(key, signatures));
        yield return ("refused.json", new JsonArray([
            .. RefusedVectors.Build(key, other, batches, signatures), .. RefusedOthers.Build(key, gaps[0]), .. FlashVectors.Refused(key), .. PairVectors.Refused(key, answer),
            .. RefusedUpdates.Build(key, releaseKeys, releases, reports[^1], signatures),
            .. MoveVectors.RefusedOnes(key, releaseKeys, moves, moveReports[0]),
        ]));
    }

    private static JsonObject KeyJson(string name, TestKey key) => new()
    {
        ["name"] = name,
        ["privateKey"] = Convert.ToHexStringLower(key.PrivateKey),
        ["publicKey"] = Convert.ToHexStringLower(key.PublicKey),
        ["nodeId"] = key.Node.ToString(),
        ["nodeIdReadable"] = key.Node.ToReadable(),
        ["nodeIdBytes"] = Convert.ToHexStringLower(key.Node.ToBytes()),
        ["secret"] = Convert.ToHexStringLower(key.Secret),
        ["loginPassword"] = key.LoginPassword,
        ["downKey"] = Convert.ToHexStringLower(key.DownKey),
    };
}

/// <summary>Signatures of the files as they stand, by what they sign: an ECDSA signature is random, and golden bytes must not change for nothing.</summary>
internal sealed class KnownSignatures
{
    private readonly Dictionary<string, string> _bySigned = new(StringComparer.Ordinal);

    public KnownSignatures(string folder)
    {
        foreach (string name in (string[])["batches.json", "gaps.json", "pairs.json", "reports.json", "moves.json", "flash.json", "refused.json"])
        {
            foreach (JsonNode? vector in Read(folder, name).Where(vector => vector!["signature"] is not null))
            {
                _bySigned[Id((string)vector!["key"]!, (string)vector["context"]!, (string)vector["payload"]!)] = (string)vector["signature"]!;
            }
        }

        foreach (JsonNode? vector in Read(folder, "releases.json").Concat(Read(folder, "moves.json")).Concat(Read(folder, "refused.json")).Where(vector => vector!["signatures"] is not null))
        {
            foreach (JsonNode? signature in vector!["signatures"]!.AsArray())
            {
                _bySigned[Id((string)signature!["key"]!, (string)vector["context"]!, (string)vector["payload"]!)] = (string)signature["signature"]!;
            }
        }
    }

    /// <summary>The known signature where it is right, else a new one.</summary>
    public byte[] Of(string keyName, TestKey key, string context, byte[] payload) =>
        Of(keyName, key, context, payload, SignedMessage.ToBeSigned(context, payload, 0, payload.Length));

    /// <summary>The same for one of several signatures over a payload.</summary>
    public byte[] OfMany(string keyName, TestKey key, string context, byte[] payload) =>
        Of(keyName, key, context, payload, CountersignedMessage.ToBeSigned(context, payload, 0, payload.Length));

    private byte[] Of(string keyName, TestKey key, string context, byte[] payload, byte[] toBeSigned)
    {
        string id = Id(keyName, context, Convert.ToHexStringLower(payload));
        if (_bySigned.TryGetValue(id, out string? known) && Convert.FromHexString(known) is var signature && key.Verify(toBeSigned, signature))
        {
            return signature;
        }

        byte[] made = key.Sign(toBeSigned);
        _bySigned[id] = Convert.ToHexStringLower(made);
        return made;
    }

    private static JsonArray Read(string folder, string name)
    {
        string path = Path.Combine(folder, name);
        return File.Exists(path) ? JsonNode.Parse(File.ReadAllText(path))!.AsArray() : [];
    }

    private static string Id(string key, string context, string payload) => $"{key} {context} {payload}";
}
