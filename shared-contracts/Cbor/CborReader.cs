using System;
using System.Text;

namespace DePin.Contracts.Cbor
{
    /// <summary>
    /// Reads deterministic CBOR, one expected item after the other. The first thing that is wrong is kept in <see cref="Error"/>;
    /// from then on every read answers zero, so a decoder reads a whole format and looks once at the end.
    /// Nothing is allocated by a length that was not checked against the bound and the remaining bytes. Nesting follows the
    /// format being read, so input cannot choose a depth.
    /// </summary>
    public sealed class CborReader
    {
        private readonly byte[] _data;
        private readonly int _end;
        private int _position;
        private DecodeError _error;

        /// <summary>Reads <paramref name="count"/> bytes of <paramref name="data"/> from <paramref name="offset"/>.</summary>
        public CborReader(byte[] data, int offset, int count)
        {
            _data = data;
            _position = offset;
            _end = offset + count;
        }

        /// <summary>The first thing that was wrong, or <see cref="DecodeError.None"/>.</summary>
        public DecodeError Error { get { return _error; } }

        /// <summary>Index in the data of the next byte to read.</summary>
        public int Position { get { return _position; } }

        /// <summary>Reads an unsigned integer between the bounds, both included.</summary>
        public long ReadUInt(long min, long max)
        {
            long value = ReadHead(Major.UnsignedInteger);
            if (_error != DecodeError.None)
            {
                return 0;
            }

            if (value < min || value > max)
            {
                Fail(DecodeError.OutOfRange);
                return 0;
            }

            return value;
        }

        /// <summary>Reads a signed integer between the bounds, both included.</summary>
        public long ReadInt(long min, long max)
        {
            bool negative = _error == DecodeError.None && _position < _end && _data[_position] >> 5 == Major.NegativeInteger;
            long value = ReadHead(negative ? Major.NegativeInteger : Major.UnsignedInteger);
            if (_error != DecodeError.None)
            {
                return 0;
            }

            if (negative)
            {
                value = -1 - value;
            }

            if (value < min || value > max)
            {
                Fail(DecodeError.OutOfRange);
                return 0;
            }

            return value;
        }

        /// <summary>Reads a byte string with a length between the bounds; after an error an array of <paramref name="min"/> zeros.</summary>
        public byte[] ReadBytes(int min, int max)
        {
            int length = SkipBytes(min, max);
            byte[] result = new byte[_error == DecodeError.None ? length : min];
            if (_error == DecodeError.None)
            {
                Array.Copy(_data, _position - length, result, 0, length);
            }

            return result;
        }

        /// <summary>Passes over a byte string with a length between the bounds and answers that length; its bytes end at <see cref="Position"/>.</summary>
        public int SkipBytes(int min, int max)
        {
            return SkipString(Major.ByteString, min, max);
        }

        /// <summary>Reads a text string of printable ASCII with a length between the bounds.</summary>
        public string ReadText(int min, int max)
        {
            int length = SkipString(Major.TextString, min, max);
            if (_error != DecodeError.None)
            {
                return "";
            }

            for (int i = _position - length; i < _position; i++)
            {
                if (_data[i] < 0x20 || _data[i] > 0x7E)
                {
                    Fail(DecodeError.NotAllowed);
                    return "";
                }
            }

            return Encoding.UTF8.GetString(_data, _position - length, length);
        }

        /// <summary>Reads the head of an array with a number of items between the bounds.</summary>
        public int ReadArray(int min, int max)
        {
            return ReadCount(Major.Array, min, max);
        }

        /// <summary>Reads the head of a map with exactly this many pairs.</summary>
        public void ReadMap(int pairs)
        {
            ReadCount(Major.Map, pairs, pairs);
        }

        /// <summary>Reads exactly this tag.</summary>
        public void ReadTag(int tag)
        {
            long value = ReadHead(Major.Tag);
            if (_error == DecodeError.None && value != tag)
            {
                Fail(DecodeError.WrongHeader);
            }
        }

        /// <summary>Whether the data is used up without an error; bytes left over are one.</summary>
        public bool Finish()
        {
            if (_error == DecodeError.None && _position != _end)
            {
                Fail(DecodeError.TrailingBytes);
            }

            return _error == DecodeError.None;
        }

        /// <summary>Records a rule of the format that the items break; the first error stays.</summary>
        public void Fail(DecodeError error)
        {
            if (_error == DecodeError.None)
            {
                _error = error;
            }
        }

        private int ReadCount(int major, int min, int max)
        {
            long count = ReadHead(major);
            if (_error != DecodeError.None)
            {
                return 0;
            }

            if (count < min || count > max)
            {
                Fail(DecodeError.WrongLength);
                return 0;
            }

            return (int)count;
        }

        private int SkipString(int major, int min, int max)
        {
            int length = ReadCount(major, min, max);
            if (_error != DecodeError.None)
            {
                return 0;
            }

            if (length > _end - _position)
            {
                Fail(DecodeError.Truncated);
                return 0;
            }

            _position += length;
            return length;
        }

        private long ReadHead(int major)
        {
            if (_error != DecodeError.None)
            {
                return 0;
            }

            if (_position >= _end)
            {
                Fail(DecodeError.Truncated);
                return 0;
            }

            int head = _data[_position++];
            int additional = head & 0x1F;
            if (head >> 5 == 7 || additional > 27)
            {
                Fail(DecodeError.NotAllowed);
                return 0;
            }

            if (head >> 5 != major)
            {
                Fail(DecodeError.WrongType);
                return 0;
            }

            return additional < 24 ? additional : ReadLongHead(additional);
        }

        private long ReadLongHead(int additional)
        {
            int bytes = 1 << (additional - 24);
            if (bytes > _end - _position)
            {
                Fail(DecodeError.Truncated);
                return 0;
            }

            long value = 0;
            for (int i = 0; i < bytes; i++)
            {
                value = (value << 8) | _data[_position++];
            }

            // A value that the next smaller head could carry is not in its shortest form; a set top bit means 2^63 or more.
            long smallest = bytes == 1 ? 24 : bytes == 2 ? 0x100 : bytes == 4 ? 0x10000 : 0x100000000L;
            if (value < 0)
            {
                Fail(DecodeError.OutOfRange);
                return 0;
            }

            if (value < smallest)
            {
                Fail(DecodeError.NotShortest);
                return 0;
            }

            return value;
        }
    }
}
