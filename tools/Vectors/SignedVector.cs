using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DePin.Contracts.Signing;

namespace DePin.Tools.Vectors;

/// <summary>One signed message with every byte on the way to it.</summary>
internal sealed class SignedVector
{
    public SignedVector(string name, string keyName, TestKey key, string context, byte[] payload, JsonNode fields, KnownSignatures signatures)
    {
        Name = name;
        KeyName = keyName;
        Context = context;
        Payload = payload;
        Fields = fields;
        Signature = signatures.Of(keyName, key, context, payload);
        Message = SignedMessage.Encode(key.Node, payload, Signature);
        Hash = SHA256.HashData(payload);
    }

    public string Name { get; }

    public string KeyName { get; }

    public string Context { get; }

    public byte[] Payload { get; }

    public byte[] Hash { get; }

    public byte[] Signature { get; }

    public byte[] Message { get; }

    private JsonNode Fields { get; }

    public JsonObject ToJson() => new()
    {
        ["name"] = Name,
        ["key"] = KeyName,
        ["context"] = Context,
        ["fields"] = Fields.DeepClone(),
        ["payload"] = Convert.ToHexStringLower(Payload),
        ["payloadHash"] = Convert.ToHexStringLower(Hash),
        ["toBeSigned"] = Convert.ToHexStringLower(SignedMessage.ToBeSigned(Context, Payload, 0, Payload.Length)),
        ["signature"] = Convert.ToHexStringLower(Signature),
        ["message"] = Convert.ToHexStringLower(Message),
    };
}
