using System;

namespace DePin.Node.Outbox
{
    /// <summary>
    /// What is known of every segment without reading it, in the order of their keys: 10 bytes each, 1.9 KB for the largest
    /// outbox. No object per batch.
    /// </summary>
    public sealed class SegmentIndex
    {
        private long[] _keys;
        private byte[] _counts;
        private byte[] _blocks;

        /// <param name="segments">Segments it has room for at first.</param>
        public SegmentIndex(int segments)
        {
            _keys = new long[segments];
            _counts = new byte[segments];
            _blocks = new byte[segments];
        }

        /// <summary>Segments.</summary>
        public int Count { get; private set; }

        /// <summary>Batches in all segments.</summary>
        public int Batches { get; private set; }

        /// <summary>Blocks of flash that all segments take.</summary>
        public int Blocks { get; private set; }

        /// <summary>Number in the name of a segment.</summary>
        public long Key(int index)
        {
            return _keys[index];
        }

        /// <summary>Batches of a segment.</summary>
        public int BatchesOf(int index)
        {
            return _counts[index];
        }

        /// <summary>Blocks of flash of a segment.</summary>
        public int BlocksOf(int index)
        {
            return _blocks[index];
        }

        /// <summary>Index of the last segment whose key is at most a sequence number, or -1: the only one that can hold it.</summary>
        public int Holding(long sequence)
        {
            int low = 0;
            int high = Count;
            while (low < high)
            {
                int middle = (low + high) / 2;
                if (_keys[middle] <= sequence)
                {
                    low = middle + 1;
                }
                else
                {
                    high = middle;
                }
            }

            return low - 1;
        }

        /// <summary>Whether there is a segment of this key.</summary>
        public bool Holds(long key)
        {
            int index = Holding(key);
            return index >= 0 && _keys[index] == key;
        }

        /// <summary>Adds a segment, or says anew what one of that key holds; no batches takes it away.</summary>
        public void Set(long key, int batches, int blocks)
        {
            if (!Holds(key))
            {
                Open(Holding(key) + 1, key);
            }

            int index = Holding(key);

            Batches += batches - _counts[index];
            Blocks += blocks - _blocks[index];
            _counts[index] = (byte)batches;
            _blocks[index] = (byte)blocks;
            if (batches == 0)
            {
                Close(index);
            }
        }

        private void Open(int index, long key)
        {
            if (Count == _keys.Length)
            {
                Grow();
            }

            Array.Copy(_keys, index, _keys, index + 1, Count - index);
            Array.Copy(_counts, index, _counts, index + 1, Count - index);
            Array.Copy(_blocks, index, _blocks, index + 1, Count - index);
            _keys[index] = key;
            _counts[index] = 0;
            _blocks[index] = 0;
            Count++;
        }

        private void Close(int index)
        {
            Count--;
            Array.Copy(_keys, index + 1, _keys, index, Count - index);
            Array.Copy(_counts, index + 1, _counts, index, Count - index);
            Array.Copy(_blocks, index + 1, _blocks, index, Count - index);
        }

        // More segments than the budget allows are found only where an outbox was made smaller.
        private void Grow()
        {
            long[] keys = new long[Count * 2 + 1];
            byte[] counts = new byte[keys.Length];
            byte[] blocks = new byte[keys.Length];
            Array.Copy(_keys, 0, keys, 0, Count);
            Array.Copy(_counts, 0, counts, 0, Count);
            Array.Copy(_blocks, 0, blocks, 0, Count);
            _keys = keys;
            _counts = counts;
            _blocks = blocks;
        }
    }
}
