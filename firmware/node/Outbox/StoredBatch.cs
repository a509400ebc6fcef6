namespace DePin.Node.Outbox
{
    /// <summary>A signed batch on flash, as its segment names it. Made when it is asked for, and not kept.</summary>
    public sealed class StoredBatch
    {
        /// <param name="sequence">Number of its first reading.</param>
        /// <param name="next">Number after its last reading.</param>
        /// <param name="hash">SHA-256 of its payload.</param>
        public StoredBatch(long sequence, long next, byte[] hash)
        {
            Sequence = sequence;
            Next = next;
            Hash = hash;
        }

        /// <summary>Number of its first reading.</summary>
        public long Sequence { get; }

        /// <summary>Number after its last reading.</summary>
        public long Next { get; }

        /// <summary>SHA-256 of its payload.</summary>
        public byte[] Hash { get; }

        /// <summary>Whether both name the same batch.</summary>
        public bool IsSameAs(StoredBatch? other)
        {
            return other != null && other.Sequence == Sequence && Bytes.AreEqual(other.Hash, Hash);
        }
    }
}
