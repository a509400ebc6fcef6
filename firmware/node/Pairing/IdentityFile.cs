using System;
using DePin.Contracts;
using DePin.Node.Outbox;

namespace DePin.Node.Pairing
{
    /// <summary>
    /// The node's key and secret in the file "identity": private key, secret, public key, CRC-32. Written as a whole, so that a
    /// power cut leaves the old identity or the new one, and at the first writing perhaps an empty file, which is none.
    /// </summary>
    public sealed class IdentityFile
    {
        /// <summary>Name of the file.</summary>
        public const string FileName = "identity";

        private const int PublicAt = 64;
        private const int Size = PublicAt + 33 + 4;

        /// <param name="privateKey">32 bytes.</param>
        /// <param name="secret">32 bytes.</param>
        /// <param name="publicKey">Compressed, 33 bytes.</param>
        public IdentityFile(byte[] privateKey, byte[] secret, byte[] publicKey)
        {
            PrivateKey = privateKey;
            Secret = secret;
            PublicKey = publicKey;
        }

        /// <summary>32 bytes.</summary>
        public byte[] PrivateKey { get; }

        /// <summary>32 bytes.</summary>
        public byte[] Secret { get; }

        /// <summary>Compressed, 33 bytes.</summary>
        public byte[] PublicKey { get; }

        /// <summary>What is on flash, or null where there is none or it is damaged.</summary>
        public static IdentityFile? Load(IFlash flash)
        {
            byte[]? file = flash.Read(FileName);
            if (file == null || file.Length != Size || Crc32.Of(file, 0, Size - 4) != (uint)Bytes.GetNumber(file, Size - 4, 4))
            {
                return null;
            }

            return new IdentityFile(Part(file, 0, 32), Part(file, 32, 32), Part(file, PublicAt, 33));
        }

        /// <summary>Whether there is something that is no identity: such a board needs a technician, and no second identity.</summary>
        public static bool IsDamaged(IFlash flash)
        {
            byte[]? file = flash.Read(FileName);
            return file != null && file.Length != 0 && Load(flash) == null;
        }

        /// <summary>Stores it over whatever is there.</summary>
        public void Save(IFlash flash)
        {
            byte[] file = new byte[Size];
            Array.Copy(PrivateKey, 0, file, 0, 32);
            Array.Copy(Secret, 0, file, 32, 32);
            Array.Copy(PublicKey, 0, file, PublicAt, 33);
            Bytes.PutNumber(file, Size - 4, Crc32.Of(file, 0, Size - 4), 4);
            flash.Write(FileName, file);
        }

        private static byte[] Part(byte[] file, int offset, int count)
        {
            byte[] part = new byte[count];
            Array.Copy(file, offset, part, 0, count);
            return part;
        }
    }
}
