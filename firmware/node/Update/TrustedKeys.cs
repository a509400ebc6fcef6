using System;
using DePin.Contracts.Cbor;
using DePin.Contracts.Signing;
using DePin.Contracts.Updates;
using DePin.Node.Outbox;

namespace DePin.Node.Update
{
    /// <summary>
    /// The keys whose signatures count: those that flashing pinned, or a newer set that two root keys signed, kept in the twin file
    /// "keys". A set that replaced other pinned keys than the present ones counts no more: a technician flashed new ones.
    /// </summary>
    public sealed class TrustedKeys
    {
        private const int PinnedSize = 32;
        private readonly TwinFile _file;
        private readonly byte[] _pinned;
        private byte[] _rotation = new byte[0];

        /// <param name="flash">The node's own files.</param>
        /// <param name="digest">Hash.</param>
        /// <param name="releaseKeys">Pinned keys of releases, 33 bytes each.</param>
        /// <param name="rootKeys">Pinned keys that change them.</param>
        public TrustedKeys(IFlash flash, IDigest digest, byte[][] releaseKeys, byte[][] rootKeys)
        {
            Release = releaseKeys;
            Root = rootKeys;
            _pinned = Hash(digest, releaseKeys, rootKeys);
            _file = new TwinFile(flash, "keys");
            byte[]? content = _file.Load();
            if (content == null || content.Length <= PinnedSize || !StartsWithPinned(content))
            {
                return;
            }

            KeyRotation? rotation = KeyRotation.Decode(content, PinnedSize, content.Length - PinnedSize, out DecodeError _);
            if (rotation != null)
            {
                Use(rotation);
            }
        }

        /// <summary>Version of the release keys; 0 for the pinned ones.</summary>
        public long Version { get; private set; }

        /// <summary>Keys that may sign releases.</summary>
        public byte[][] Release { get; private set; }

        /// <summary>Keys that may change them.</summary>
        public byte[][] Root { get; }

        /// <summary>Whether these are the bytes of the rotation that is in force.</summary>
        public bool IsInForce(byte[] rotation)
        {
            return Version > 0 && Bytes.AreEqual(rotation, _rotation);
        }

        /// <summary>Takes a rotation whose signatures were checked.</summary>
        public void Rotate(KeyRotation rotation)
        {
            Use(rotation);
            byte[] content = new byte[PinnedSize + _rotation.Length];
            Array.Copy(_pinned, 0, content, 0, PinnedSize);
            Array.Copy(_rotation, 0, content, PinnedSize, _rotation.Length);
            _file.Save(content);
        }

        private void Use(KeyRotation rotation)
        {
            Version = rotation.Version;
            Release = rotation.Keys;
            _rotation = rotation.Encode();
        }

        private bool StartsWithPinned(byte[] content)
        {
            for (int i = 0; i < PinnedSize; i++)
            {
                if (content[i] != _pinned[i])
                {
                    return false;
                }
            }

            return true;
        }

        private static byte[] Hash(IDigest digest, byte[][] one, byte[][] other)
        {
            CborWriter writer = new CborWriter(512);
            for (int i = 0; i < one.Length; i++)
            {
                writer.WriteBytes(one[i]);
            }

            writer.WriteUInt(0);
            for (int i = 0; i < other.Length; i++)
            {
                writer.WriteBytes(other[i]);
            }

            byte[] all = writer.ToArray();
            return digest.Sha256(all, 0, all.Length);
        }
    }
}
