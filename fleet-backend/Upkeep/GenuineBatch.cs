using System.Security.Cryptography;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;

namespace DePin.Fleet.Upkeep;

/// <summary>Whether signed bytes are what they are stored as.</summary>
internal static class GenuineBatch
{
    /// <summary>What is wrong with a batch's bytes, or null.</summary>
    /// <param name="bytes">The signed bytes; null where they are nowhere.</param>
    /// <param name="payloadHash">SHA-256 of the payload that they must hold.</param>
    /// <param name="key">The node's key; null where it has none.</param>
    public static string? Fault(byte[]? bytes, byte[] payloadHash, ECDsa? key)
    {
        if (bytes is null)
        {
            return "its signed bytes are missing";
        }

        SignedMessage? message = SignedMessage.Decode(bytes, MeteringLimits.SignedBatchBytes, out _);
        Batch? batch = message is null ? null : Batch.Decode(bytes, message.PayloadOffset, message.PayloadLength, out _);
        return message is null || batch is null ? "its bytes are no signed batch"
            : !SHA256.HashData(bytes.AsSpan(message.PayloadOffset, message.PayloadLength)).AsSpan().SequenceEqual(payloadHash) ? "its payload is not the one it is named by"
            : key is null ? "its node has no key"
            : !key.VerifyData(SignedMessage.ToBeSigned(SignedMessage.BatchContext, bytes, message.PayloadOffset, message.PayloadLength), message.CopySignature(), HashAlgorithmName.SHA256)
                ? "its signature is not its node's"
            : null;
    }
}
