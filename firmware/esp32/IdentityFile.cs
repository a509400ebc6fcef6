using System;
using DePin.Contracts.Identity;
using DePin.Contracts.Signing;
using DePin.Node.Outbox;
using DePin.Node.Signing;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// The node's key and secret in the file "identity": private key, secret, public key, CRC-32. Made once on the board, and
    /// never given out but for what registering needs.
    /// </summary>
    public sealed class IdentityFile
    {
        private const string FileName = "identity";
        private const int PublicAt = 64;
        private const int Size = PublicAt + 33 + 4;

        private IdentityFile(byte[] privateKey, byte[] secret, byte[] publicKey)
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

        /// <summary>What is on flash, or null where there is none or it is damaged: such a node needs a technician.</summary>
        public static IdentityFile? Load(IFlash flash)
        {
            byte[]? file = flash.Read(FileName);
            if (file == null || file.Length != Size || Crc32.Of(file, 0, Size - 4) != BitConverter.ToUInt32(file, Size - 4))
            {
                return null;
            }

            return new IdentityFile(Part(file, 0, 32), Part(file, 32, 32), Part(file, PublicAt, 33));
        }

        /// <summary>Makes and stores a new one; an old one must not be there.</summary>
        /// <param name="flash">Where it goes.</param>
        /// <param name="digest">MAC.</param>
        /// <param name="entropy">At least 48 bytes that nobody else can know.</param>
        public static IdentityFile Create(IFlash flash, IDigest digest, byte[] entropy)
        {
            HmacDrbg random = new HmacDrbg(digest, entropy);
            byte[] secret = random.Next();
            byte[] seed = new byte[64];
            Array.Copy(random.Next(), seed, 32);
            Array.Copy(random.Next(), 0, seed, 32, 32);
            NodeKey key = NodeKey.Create(digest, seed);
            while (!key.Step())
            {
            }

            IdentityFile identity = new IdentityFile(key.PrivateKey, secret, key.PublicKey());
            byte[] file = new byte[Size];
            Array.Copy(identity.PrivateKey, 0, file, 0, 32);
            Array.Copy(identity.Secret, 0, file, 32, 32);
            Array.Copy(identity.PublicKey, 0, file, PublicAt, 33);
            Array.Copy(BitConverter.GetBytes(Crc32.Of(file, 0, Size - 4)), 0, file, Size - 4, 4);
            flash.Write(FileName, file);
            return identity;
        }

        /// <summary>The one line that registering needs: node id, public key, login password, down key.</summary>
        public string Registration(IDigest digest)
        {
            NodeIdentity identity = new NodeIdentity(digest, PublicKey, Secret);
            return "register " + identity.Id + " " + Hex.Lower(PublicKey) + " " + identity.LoginPassword + " " + Hex.Lower(identity.DownKey);
        }

        private static byte[] Part(byte[] file, int offset, int count)
        {
            byte[] part = new byte[count];
            Array.Copy(file, offset, part, 0, count);
            return part;
        }
    }
}
