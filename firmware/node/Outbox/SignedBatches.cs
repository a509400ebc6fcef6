using DePin.Contracts.Cbor;
using DePin.Contracts.Metering;
using DePin.Contracts.Signing;

namespace DePin.Node.Outbox
{
    /// <summary>
    /// Signed batches on flash in segments, in the order of their sequence. Released batches stay while they take less than
    /// half of the room: a backend that came back from a backup may ask for them again. One segment is in memory at a time.
    /// </summary>
    public sealed class SignedBatches
    {
        private readonly IFlash _flash;
        private readonly IDigest _digest;
        private readonly NodeCounts _counts;
        private readonly SegmentIndex _index;
        private Segment? _segment;

        /// <param name="flash">Where the files are.</param>
        /// <param name="digest">Checks the newest batch found on flash.</param>
        /// <param name="counts">Where writes, drops and damage are counted.</param>
        /// <param name="capacityBytes">Room for segments, whole blocks of <see cref="Segment.BlockBytes"/>.</param>
        public SignedBatches(IFlash flash, IDigest digest, NodeCounts counts, int capacityBytes)
        {
            _flash = flash;
            _digest = digest;
            _counts = counts;
            CapacityBlocks = capacityBytes / Segment.BlockBytes;
            _index = new SegmentIndex(CapacityBlocks + 1);
        }

        /// <summary>Blocks of flash that segments may take.</summary>
        public int CapacityBlocks { get; }

        /// <summary>Batches on flash, released ones included.</summary>
        public int Count { get { return _index.Batches; } }

        /// <summary>The batch with the highest sequence, or null.</summary>
        public StoredBatch? Newest { get; private set; }

        /// <summary>Finds the segments; answers the newest batch whose bytes are whole.</summary>
        public Batch? Load()
        {
            string[] names = _flash.List();
            for (int i = 0; i < names.Length; i++)
            {
                LoadFile(names[i]);
            }

            while (_index.Count > 0)
            {
                Segment segment = Open(_index.Count - 1);
                int last = segment.Count - 1;
                Batch? batch = last < 0 ? null : Decode(segment, last);
                if (batch != null)
                {
                    Newest = segment.Batch(last);
                    return batch;
                }

                _counts.FilesDamaged++;
                Replace(segment, last < 0 ? 0 : last, segment.Count);
            }

            return null;
        }

        /// <summary>Whether storing a message of so many bytes costs the oldest batches that no receipt covers.</summary>
        public bool WouldDrop(int messageBytes, long released)
        {
            if (TakenByNewest(messageBytes))
            {
                return false;
            }

            int oldest = Boundary(released);
            int blocks = Segment.BlocksOf(Segment.SizeOf(messageBytes));
            for (int i = oldest; i < _index.Count; i++)
            {
                blocks += _index.BlocksOf(i);
            }

            return _index.Count > 0 && blocks > CapacityBlocks;
        }

        /// <summary>Stores a signed batch, the newest of all; where there is no room the oldest segment goes.</summary>
        public void Add(StoredBatch batch, byte[] message, long released)
        {
            Segment segment = TakenByNewest(message.Length) ? Open(_index.Count - 1) : new Segment(batch.Sequence, new byte[0]);
            byte[] file = segment.With(batch, message);
            if (segment.Count == 0)
            {
                MakeRoom(Segment.BlocksOf(file.Length), released);
            }

            Store(segment.Key, file, segment.Count + 1);
            Newest = batch;
        }

        /// <summary>The signed bytes of a batch, or null when flash lost them.</summary>
        public byte[]? Read(StoredBatch batch)
        {
            Segment? segment = Find(batch.Sequence);
            int index = segment == null ? -1 : segment.IndexOf(batch);
            return index < 0 ? null : segment!.Message(index);
        }

        /// <summary>Lifetime counters when a batch opened, or null when flash lost it.</summary>
        public Counters? Opening(StoredBatch batch)
        {
            Segment? segment = Find(batch.Sequence);
            int index = segment == null ? -1 : segment.IndexOf(batch);
            Batch? whole = index < 0 ? null : Decode(segment!, index);
            return whole == null ? null : whole.Opening;
        }

        /// <summary>Forgets a batch.</summary>
        public void Remove(StoredBatch batch)
        {
            Segment? segment = Find(batch.Sequence);
            int index = segment == null ? -1 : segment.IndexOf(batch);
            if (index >= 0)
            {
                Replace(segment!, index, index + 1);
            }
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
            while (Newest != null && Newest.Sequence >= sequence)
            {
                Segment segment = Open(_index.Count - 1);
                int from = segment.Lowest(sequence);
                _counts.BatchesSetAside += segment.Count - from;
                Replace(segment, from, segment.Count);
            }
        }

        /// <summary>The oldest batch at or after a sequence number, or null.</summary>
        public StoredBatch? FirstFrom(long sequence)
        {
            if (Newest == null || Newest.Sequence < sequence)
            {
                return null;
            }

            int index = _index.Holding(sequence);
            for (index = index < 0 ? 0 : index; index < _index.Count; index++)
            {
                Segment segment = Open(index);
                int lowest = segment.Lowest(sequence);
                if (lowest < segment.Count)
                {
                    return segment.Batch(lowest);
                }
            }

            return null;
        }

        /// <summary>The batch that holds a reading, or null.</summary>
        public StoredBatch? Holding(long sequence)
        {
            Segment? segment = Find(sequence);
            int index = segment == null ? -1 : segment.Lowest(sequence + 1) - 1;
            StoredBatch? batch = index < 0 ? null : segment!.Batch(index);
            return batch != null && batch.Next > sequence ? batch : null;
        }

        /// <summary>Batches that no receipt released.</summary>
        public int CountUnreleased(long released)
        {
            if (Newest == null || Newest.Sequence < released)
            {
                return 0;
            }

            int count = 0;
            int boundary = Boundary(released);
            for (int i = boundary + 1; i < _index.Count; i++)
            {
                count += _index.BatchesOf(i);
            }

            return count + (_index.Key(boundary) >= released ? _index.BatchesOf(boundary) : UnreleasedIn(boundary, released));
        }

        /// <summary>Blocks of flash with batches that no receipt released.</summary>
        public int UnreleasedBlocks(long released)
        {
            int blocks = 0;
            for (int i = Newest == null || Newest.Sequence < released ? _index.Count : Boundary(released); i < _index.Count; i++)
            {
                blocks += _index.BlocksOf(i);
            }

            return blocks;
        }

        private void LoadFile(string name)
        {
            long key = SegmentName.KeyOf(name);
            if (key < 0)
            {
                return;
            }

            byte[] file = _flash.Read(name) ?? new byte[0];
            Segment segment = new Segment(key, file);
            if (file.Length == 0)
            {
                // What a cut leaves of a file that was being made: nothing was in it yet.
                Forget(key);
            }
            else if (segment.IsDamaged)
            {
                _counts.FilesDamaged++;
                Store(key, segment.Without(segment.Count, segment.Count), segment.Count);
            }
            else
            {
                _index.Set(key, segment.Count, Segment.BlocksOf(file.Length));
            }
        }

        private Batch? Decode(Segment segment, int index)
        {
            byte[] bytes = segment.Message(index);
            SignedMessage? message = SignedMessage.Decode(bytes, MeteringLimits.SignedBatchBytes, out DecodeError error);
            bool isWhole = message != null && Bytes.AreEqual(_digest.Sha256(bytes, message.PayloadOffset, message.PayloadLength), segment.Batch(index).Hash);
            return isWhole ? Batch.Decode(bytes, message!.PayloadOffset, message.PayloadLength, out error) : null;
        }

        private Segment? Find(long sequence)
        {
            int index = _index.Holding(sequence);
            return index < 0 ? null : Open(index);
        }

        private Segment Open(int index)
        {
            long key = _index.Key(index);
            if (_segment == null || _segment.Key != key)
            {
                _segment = new Segment(key, _flash.Read(SegmentName.Of(key)) ?? new byte[0]);
            }

            return _segment;
        }

        private bool TakenByNewest(int messageBytes)
        {
            return _index.Count > 0 && Open(_index.Count - 1).Takes(messageBytes);
        }

        // Index of the oldest segment that may hold an unreleased batch: in all before it the next segment's key is released.
        private int Boundary(long released)
        {
            int index = _index.Holding(released);
            return index < 0 ? 0 : index;
        }

        private int UnreleasedIn(int index, long released)
        {
            Segment segment = Open(index);
            return segment.Count - segment.Lowest(released);
        }

        private void MakeRoom(int blocks, long released)
        {
            while (_index.Count > 0 && _index.Blocks + blocks > CapacityBlocks)
            {
                _counts.BatchesDropped += Boundary(released) == 0 ? UnreleasedIn(0, released) : 0;
                Forget(_index.Key(0));
            }

            while (_index.Count > 1 && _index.Blocks + blocks > CapacityBlocks / 2 && Boundary(released) > 0)
            {
                Forget(_index.Key(0));
            }
        }

        private void Replace(Segment segment, int from, int to)
        {
            Store(segment.Key, segment.Without(from, to), segment.Count - (to - from));
            Segment? newest = _index.Count == 0 ? null : Open(_index.Count - 1);
            Newest = newest == null || newest.Count == 0 ? null : newest.Batch(newest.Count - 1);
        }

        // Writes a segment's file anew, or deletes it where no batch is left.
        private void Store(long key, byte[] file, int batches)
        {
            if (batches == 0)
            {
                Forget(key);
                return;
            }

            _flash.Write(SegmentName.Of(key), file);
            _counts.FlashWrites++;
            _counts.FlashBytes += file.Length;
            _index.Set(key, batches, Segment.BlocksOf(file.Length));
            _segment = new Segment(key, file);
        }

        private void Forget(long key)
        {
            _flash.Delete(SegmentName.Of(key));
            _counts.FlashDeletes++;
            if (_index.Holds(key))
            {
                _index.Set(key, 0, 0);
            }

            _segment = null;
        }
    }
}
