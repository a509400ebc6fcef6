using System;

namespace DePin.Contracts.Flashing
{
    /// <summary>
    /// Finds messages in a stream of bytes that also carries logs, noise and lines that were cut off. Takes one byte at a time,
    /// remembers at most one line, and is in step again after the next line feed.
    /// </summary>
    public sealed class FlashLineReader
    {
        private const int FirstBytes = 256;
        private byte[] _line = new byte[FirstBytes];
        private int _count;

        /// <summary>Lines that began as a message and were none.</summary>
        public int Damaged { get; private set; }

        /// <summary>Takes a byte; the message that ends with it, or null.</summary>
        public byte[]? Take(byte next)
        {
            if (next == '\n' || next == '\r')
            {
                byte[]? message = Find();
                _count = 0;
                return message;
            }

            if (_count == FlashLine.MaxBytes)
            {
                DropBeginning();
            }

            Reserve();
            _line[_count++] = next;
            return null;
        }

        // What stands before a prefix is somebody's log; a line that was cut off may stand there too, so each prefix is tried.
        private byte[]? Find()
        {
            bool isBegun = false;
            for (int i = NextPrefix(0); i >= 0; i = NextPrefix(i + 1))
            {
                isBegun = true;
                byte[]? message = FlashLine.Decode(_line, i, _count - i);
                if (message != null)
                {
                    return message;
                }
            }

            Damaged += isBegun ? 1 : 0;
            return null;
        }

        private void DropBeginning()
        {
            int from = NextPrefix(1);
            from = from < 0 ? _count - FlashLine.Prefix.Length + 1 : from;
            Array.Copy(_line, from, _line, 0, _count - from);
            _count -= from;
        }

        private int NextPrefix(int from)
        {
            for (int i = from; i <= _count - FlashLine.Prefix.Length; i++)
            {
                if (_line[i] == 'D' && FlashLine.HasPrefix(_line, i))
                {
                    return i;
                }
            }

            return -1;
        }

        private void Reserve()
        {
            if (_count < _line.Length)
            {
                return;
            }

            byte[] grown = new byte[_line.Length * 2];
            Array.Copy(_line, grown, _count);
            _line = grown;
        }
    }
}
