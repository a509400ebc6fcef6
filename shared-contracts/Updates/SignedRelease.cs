using System;
using DePin.Contracts.Cbor;
using DePin.Contracts.Signing;

namespace DePin.Contracts.Updates
{
    /// <summary>A manifest with its signatures, as it is offered: in the form, and no word yet on whether the signatures are right.</summary>
    public sealed class SignedRelease
    {
        private SignedRelease(CountersignedMessage envelope, ReleaseManifest manifest)
        {
            Envelope = envelope;
            Manifest = manifest;
        }

        /// <summary>Payload and signatures.</summary>
        public CountersignedMessage Envelope { get; }

        /// <summary>What is released.</summary>
        public ReleaseManifest Manifest { get; }

        /// <summary>Reads a signed release; null with the reason when envelope or manifest is not exactly in the form.</summary>
        /// <param name="message">The whole message.</param>
        /// <param name="error">What was wrong first.</param>
        /// <param name="signaturesMin">1 reads a file that is still being signed.</param>
        public static SignedRelease? Decode(byte[] message, out DecodeError error, int signaturesMin = CountersignedMessage.SignaturesMin)
        {
            CountersignedMessage? envelope = CountersignedMessage.Decode(message, UpdateLimits.SignedReleaseBytes, out error, signaturesMin);
            if (envelope == null)
            {
                return null;
            }

            ReleaseManifest? manifest = ReleaseManifest.Decode(message, envelope.PayloadOffset, envelope.PayloadLength, out error);
            return manifest == null ? null : new SignedRelease(envelope, manifest);
        }

        /// <summary>The release's hash: SHA-256 of the manifest's bytes, whoever signed them.</summary>
        public byte[] Hash(IDigest digest)
        {
            return digest.Sha256(Envelope.Message, Envelope.PayloadOffset, Envelope.PayloadLength);
        }

        /// <summary>The release's id in requests and blocks: the first 8 bytes of its hash.</summary>
        public static byte[] Id(byte[] hash)
        {
            byte[] id = new byte[UpdateLimits.ReleaseIdSize];
            Array.Copy(hash, 0, id, 0, UpdateLimits.ReleaseIdSize);
            return id;
        }
    }
}
