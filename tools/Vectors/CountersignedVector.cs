using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DePin.Contracts.Signing;

namespace DePin.Tools.Vectors;

/// <summary>One message that several keys signed, with every byte on the way to it.</summary>
internal sealed class CountersignedVector
{
    private readonly string _name;
    private readonly string _rule;
    private readonly JsonNode _fields;
    private readonly (string Name, TestKey Key)[] _signers;

    public CountersignedVector(string name, string rule, string context, byte[] payload, JsonNode fields, KnownSignatures signatures, params (string Name, TestKey Key)[] signers)
    {
        _name = name;
        _rule = rule;
        _fields = fields;
        _signers = signers;
        Context = context;
        Payload = payload;
        Signatures = [.. signers.Select(signer => signatures.OfMany(signer.Name, signer.Key, context, payload))];
        Message = CountersignedMessage.Encode(payload, [.. signers.Select(signer => signer.Key.KeyId)], Signatures);
    }

    public string Context { get; }

    public byte[] Payload { get; }

    public byte[][] Signatures { get; }

    public byte[] Message { get; }

    public JsonObject ToJson() => new()
    {
        ["name"] = _name,
        ["rule"] = _rule,
        ["context"] = Context,
        ["fields"] = _fields.DeepClone(),
        ["payload"] = Convert.ToHexStringLower(Payload),
        ["payloadHash"] = Convert.ToHexStringLower(SHA256.HashData(Payload)),
        ["toBeSigned"] = Convert.ToHexStringLower(CountersignedMessage.ToBeSigned(Context, Payload, 0, Payload.Length)),
        ["signatures"] = new JsonArray([.. _signers.Select((signer, i) => new JsonObject
        {
            ["key"] = signer.Name,
            ["keyId"] = Convert.ToHexStringLower(signer.Key.KeyId),
            ["signature"] = Convert.ToHexStringLower(Signatures[i]),
        })]),
        ["message"] = Convert.ToHexStringLower(Message),
    };
}
