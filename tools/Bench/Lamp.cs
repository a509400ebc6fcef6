using System.Security.Cryptography;
using DePin.Contracts.Identity;
using DePin.Contracts.Signing;
using DePin.Host.Platform;
using DePin.Node;
using DePin.Tools.Api;

namespace DePin.Tools.Bench;

/// <summary>A lamp of the load generator: a fresh key and what registers it. It has no simulation behind it.</summary>
internal sealed class Lamp : IDisposable
{
    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(NodeSecret.Size);
    private readonly PlatformDigest _digest = new();

    public Lamp(int index)
    {
        Index = index;
        Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        ECPoint point = Key.ExportParameters(includePrivateParameters: false).Q;
        PublicKey = [(byte)(2 | (point.Y![^1] & 1)), .. point.X!];
        Id = NodeId.FromKeyHash(SHA256.HashData(PublicKey));
        Password = NodeSecret.LoginPassword(_digest, _secret);
    }

    /// <summary>Operators among whom the lamps are divided.</summary>
    public const int Operators = 16;

    /// <summary>The same as its own program knows it.</summary>
    public NodeIdentity Identity() => new(_digest, PublicKey, _secret);

    /// <summary>Its place in the fleet, from 0.</summary>
    public int Index { get; }

    public ECDsa Key { get; }

    public byte[] PublicKey { get; }

    public NodeId Id { get; }

    /// <summary>MQTT password.</summary>
    public string Password { get; }

    /// <summary>Whose it is.</summary>
    public string Operator => OperatorOf(Index % Operators);

    /// <summary>The name of one of the operators, from 0.</summary>
    public static string OperatorOf(int number) => $"operator-{number}";

    /// <summary>What POST /api/nodes wants to know.</summary>
    public NodeRegistration Registration(long pairedFromUnixSeconds) => new(
        Hex.Lower(PublicKey),
        Password,
        Hex.Lower(NodeSecret.DownKey(_digest, _secret)),
        LampHistory.ProfileName,
        Operator,
        "load-fund",
        $"Bench {Index + 1}",
        LampHistory.Latitude,
        LampHistory.Longitude,
        AgreementShares.Usual,
        pairedFromUnixSeconds);

    /// <summary>Signs a payload as a batch.</summary>
    public byte[] Sign(byte[] payload)
    {
        byte[] signature = Key.SignData(SignedMessage.ToBeSigned(SignedMessage.BatchContext, payload, 0, payload.Length), HashAlgorithmName.SHA256);
        SignatureForm.MakeLow(signature);
        return SignedMessage.Encode(Id, payload, signature);
    }

    /// <inheritdoc />
    public void Dispose() => Key.Dispose();
}
