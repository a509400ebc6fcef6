using System;
using System.Text;

namespace DePin.Contracts.Cbor
{
    /// <summary>
    /// Writes deterministic CBOR (RFC 8949, 4.2.1): shortest heads, definite lengths, no floats.
    /// Callers write what the format says; a negative number given to an unsigned field throws <see cref="ArgumentException"/>.
    /// </summary>
    public sealed class CborWriter
    {
        private byte[] _buffer;
        private int _length;

        /// <param name="capacity">Bytes reserved at first; the buffer grows as needed.</param>
        public CborWriter(int capacity)
        {
            _buffer = new byte[capacity < 16 ? 16 : capacity];
        }

        /// <summary>Bytes written so far.</summary>
        public int Length { get { return _length; } }

        /// <summary>A copy of what was written.</summary>
        public byte[] ToArray()
        {
            byte[] result = new byte[_length];
            Array.Copy(_buffer, 0, result, 0, _length);
            return result;
        }

        /// <summary>Writes an unsigned integer, 0 to 2^63 - 1.</summary>
        public void WriteUInt(long value)
        {
            if (value < 0)
            {
                throw new ArgumentException("an unsigned field cannot hold a negative number");
            }

            WriteHead(Major.UnsignedInteger, value);
        }

        /// <summary>Writes a signed integer.</summary>
        public void WriteInt(long value)
        {
            if (value >= 0)
            {
                WriteHead(Major.UnsignedInteger, value);
            }
            else
            {
                WriteHead(Major.NegativeInteger, -1 - value);
            }
        }

        /// <summary>Writes a byte string.</summary>
        public void WriteBytes(byte[] value)
        {
            WriteBytes(value, 0, value.Length);
        }

        /// <summary>Writes a part of an array as a byte string.</summary>
        public void WriteBytes(byte[] value, int offset, int count)
        {
            WriteHead(Major.ByteString, count);
            Append(value, offset, count);
        }

        /// <summary>Writes a text string as UTF-8.</summary>
        public void WriteText(string value)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(value);
            WriteHead(Major.TextString, utf8.Length);
            Append(utf8, 0, utf8.Length);
        }

        /// <summary>Opens an array of exactly this many items.</summary>
        public void WriteArray(int items)
        {
            WriteHead(Major.Array, items);
        }

        /// <summary>Opens a map of exactly this many pairs; the caller writes the keys in deterministic order.</summary>
        public void WriteMap(int pairs)
        {
            WriteHead(Major.Map, pairs);
        }

        /// <summary>Writes a tag in front of the next item.</summary>
        public void WriteTag(int tag)
        {
            WriteHead(Major.Tag, tag);
        }

        private void WriteHead(int major, long value)
        {
            int type = major << 5;
            if (value < 24)
            {
                Reserve(1);
                _buffer[_length++] = (byte)(type | (int)value);
                return;
            }

            int bytes = value <= 0xFF ? 1 : value <= 0xFFFF ? 2 : value <= 0xFFFFFFFFL ? 4 : 8;
            int additional = bytes == 1 ? 24 : bytes == 2 ? 25 : bytes == 4 ? 26 : 27;
            Reserve(1 + bytes);
            _buffer[_length++] = (byte)(type | additional);
            for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
            {
                _buffer[_length++] = (byte)(value >> shift);
            }
        }

        private void Append(byte[] value, int offset, int count)
        {
            Reserve(count);
            Array.Copy(value, offset, _buffer, _length, count);
            _length += count;
        }

        private void Reserve(int count)
        {
            if (_length + count <= _buffer.Length)
            {
                return;
            }

            int size = _buffer.Length * 2;
            while (size < _length + count)
            {
                size *= 2;
            }

            byte[] grown = new byte[size];
            Array.Copy(_buffer, 0, grown, 0, _length);
            _buffer = grown;
        }
    }
}
