using System.Collections;
using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;

namespace DePin.Node.Outbox
{
    /// <summary>A signed batch on flash, as the index in memory knows it.</summary>
    public sealed class StoredBatch
    {
        /// <param name="sequence">Number of its first reading.</param>
        /// <param name="next">Number after its last reading.</param>
        /// <param name="hash">SHA-256 of its payload.</param>
        /// <param name="opening">Lifetime counters when it opened.</param>
        public StoredBatch(long sequence, long next, byte[] hash, Counters opening)
        {
            Sequence = sequence;
            Next = next;
            Hash = hash;
            Opening = opening;
        }

        /// <summary>Number of its first reading.</summary>
        public long Sequence { get; }

        /// <summary>Number after its last reading.</summary>
        public long Next { get; }

        /// <summary>SHA-256 of its payload.</summary>
        public byte[] Hash { get; }

        /// <summary>Lifetime counters when it opened.</summary>
        public Counters Opening { get; }

        /// <summary>Name of its file.</summary>
        public string FileName()
        {
            string digits = Sequence.ToString();
            return "batch-" + "0000000000000000".Substring(digits.Length) + digits;
        }
    }

    /// <summary>
    /// Signed batches on flash, one file each, in the order of their sequence. A released batch stays until the space is needed:
    /// a backend that came back from a backup may ask for it again.
    /// </summary>
    public sealed class SignedBatches
    {
        private readonly IFlash _flash;
        private readonly IDigest _digest;
        private readonly NodeCounts _counts;
        private readonly int _capacity;
        private readonly ArrayList _batches = new ArrayList();

        /// <param name="flash">Where the files are.</param>
        /// <param name="digest">Hashes payloads found on flash.</param>
        /// <param name="counts">Where writes, drops and damage are counted.</param>
        /// <param name="capacity">Batches kept, released ones included.</param>
        public SignedBatches(IFlash flash, IDigest digest, NodeCounts counts, int capacity)
        {
            _flash = flash;
            _digest = digest;
            _counts = counts;
            _capacity = capacity;
        }

        /// <summary>Batches on flash, released ones included.</summary>
        public int Count { get { return _batches.Count; } }

        /// <summary>The batch with the highest sequence, or null.</summary>
        public StoredBatch? Newest { get { return _batches.Count == 0 ? null : At(_batches.Count - 1); } }

        /// <summary>Reads the index from flash; a file that is no signed batch is removed and counted.</summary>
        public Batch? Load()
        {
            Batch? newest = null;
            string[] names = _flash.List();
            for (int i = 0; i < names.Length; i++)
            {
                if (!names[i].StartsWith("batch-"))
                {
                    continue;
                }

                Batch? batch = LoadFile(names[i]);
                newest = batch != null && (newest == null || batch.Sequence > newest.Sequence) ? batch : newest;
            }

            return newest;
        }

        /// <summary>Stores a signed batch; when the flash is full the oldest goes. Answers whether that one was unreleased.</summary>
        public bool Add(StoredBatch batch, byte[] message, long released)
        {
            _flash.Write(batch.FileName(), message);
            _counts.FlashWrites++;
            Insert(batch);
            bool isLoss = false;
            while (_batches.Count > _capacity)
            {
                if (At(0).Next > released)
                {
                    isLoss = true;
                    _counts.BatchesDropped++;
                }

                Remove(At(0));
            }

            return isLoss;
        }

        /// <summary>The signed bytes of a batch, or null when flash lost them.</summary>
        public byte[]? Read(StoredBatch batch)
        {
            byte[]? message = _flash.Read(batch.FileName());
            return message == null || message.Length == 0 ? null : message;
        }

        /// <summary>Forgets a batch and its file.</summary>
        public void Remove(StoredBatch batch)
        {
            _flash.Delete(batch.FileName());
            _batches.Remove(batch);
        }

        /// <summary>Sets a batch aside that the backend will not store: forgets it and counts that.</summary>
        public void SetAside(StoredBatch batch)
        {
            Remove(batch);
            _counts.BatchesSetAside++;
        }

        /// <summary>Sets aside every batch that begins at or after a sequence number, the newest first.</summary>
        public void SetAsideFrom(long sequence)
        {
            while (_batches.Count > 0 && At(_batches.Count - 1).Sequence >= sequence)
            {
                SetAside(At(_batches.Count - 1));
            }
        }

        /// <summary>The oldest batch at or after a sequence number, or null.</summary>
        public StoredBatch? FirstFrom(long sequence)
        {
            int index = Lowest(sequence);
            return index < _batches.Count ? At(index) : null;
        }

        /// <summary>The batch that holds a reading, or null.</summary>
        public StoredBatch? Holding(long sequence)
        {
            int index = Lowest(sequence + 1) - 1;
            return index >= 0 && At(index).Next > sequence ? At(index) : null;
        }

        /// <summary>The batch with this payload, or null.</summary>
        public StoredBatch? WithHash(byte[] hash)
        {
            for (int i = _batches.Count - 1; i >= 0; i--)
            {
                if (Bytes.AreEqual(At(i).Hash, hash))
                {
                    return At(i);
                }
            }

            return null;
        }

        /// <summary>Batches that no receipt released.</summary>
        public int CountUnreleased(long released)
        {
            return _batches.Count - Lowest(released);
        }

        private StoredBatch At(int index)
        {
            return (StoredBatch)_batches[index]!;
        }

        private Batch? LoadFile(string name)
        {
            byte[] file = _flash.Read(name) ?? new byte[0];
            SignedMessage? message = SignedMessage.Decode(file, MeteringLimits.SignedBatchBytes, out DecodeError error);
            Batch? batch = message == null ? null : Batch.Decode(file, message.PayloadOffset, message.PayloadLength, out error);
            if (message == null || batch == null)
            {
                _counts.FilesDamaged++;
                _flash.Delete(name);
                return null;
            }

            byte[] hash = _digest.Sha256(file, message.PayloadOffset, message.PayloadLength);
            Insert(new StoredBatch(batch.Sequence, batch.NextSequence, hash, batch.Opening));
            return batch;
        }

        private void Insert(StoredBatch batch)
        {
            _batches.Insert(Lowest(batch.Sequence), batch);
        }

        // Index of the first batch whose sequence is at least the given one.
        private int Lowest(long sequence)
        {
            int low = 0;
            int high = _batches.Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (At(middle).Sequence < sequence)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low;
        }
    }
}
