namespace DePin.Node.Signing
{
    /// <summary>
    /// Makes ECDSA P-256 signatures in small steps, so that a slow processor goes on metering meanwhile. One at a time.
    /// </summary>
    public interface ISigner
    {
        /// <summary>The node's public key, compressed, 33 bytes.</summary>
        byte[] PublicKey { get; }

        /// <summary>Begins a signature over the SHA-256 of these bytes; a signature under way is dropped.</summary>
        void Start(byte[] toBeSigned);

        /// <summary>Does one bounded piece of work and answers whether the signature is ready.</summary>
        bool Step();

        /// <summary>The finished signature: 64 bytes r || s, s at most half the order.</summary>
        byte[] Signature();
    }
}
