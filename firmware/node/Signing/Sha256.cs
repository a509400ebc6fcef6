using System;

namespace DePin.Node.Signing
{
    /// <summary>
    /// SHA-256 (FIPS 180-4) in pieces: the device has no such class. 16 rounds are written out, the message schedule lives in
    /// locals; a rotation works on the word beside itself in 64 bits. One object, used again and again, needs about 400 bytes.
    /// </summary>
    public sealed class Sha256
    {
        /// <summary>Bytes of a hash.</summary>
        public const int Size = 32;

        /// <summary>Bytes of a block.</summary>
        public const int BlockSize = 64;

        private readonly uint[] _k = RoundConstants();
        private readonly uint[] _state = new uint[8];
        private readonly byte[] _block = new byte[BlockSize];
        private int _inBlock;
        private long _length;

        /// <summary>Begins a hash.</summary>
        public Sha256()
        {
            Start();
        }

        /// <summary>The hash of a part of an array, in one go.</summary>
        public static byte[] Hash(byte[] data, int offset, int count)
        {
            Sha256 hash = new Sha256();
            hash.Update(data, offset, count);
            return hash.Finish();
        }

        /// <summary>Begins anew.</summary>
        public void Start()
        {
            _state[0] = 0x6A09E667;
            _state[1] = 0xBB67AE85;
            _state[2] = 0x3C6EF372;
            _state[3] = 0xA54FF53A;
            _state[4] = 0x510E527F;
            _state[5] = 0x9B05688C;
            _state[6] = 0x1F83D9AB;
            _state[7] = 0x5BE0CD19;
            _inBlock = 0;
            _length = 0;
        }

        /// <summary>Adds bytes; the work is one block for every 64 of them.</summary>
        public void Update(byte[] data, int offset, int count)
        {
            _length += count;
            while (count > 0)
            {
                if (_inBlock == 0 && count >= BlockSize)
                {
                    Compress(data, offset);
                    offset += BlockSize;
                    count -= BlockSize;
                    continue;
                }

                int part = BlockSize - _inBlock < count ? BlockSize - _inBlock : count;
                Array.Copy(data, offset, _block, _inBlock, part);
                _inBlock += part;
                offset += part;
                count -= part;
                if (_inBlock == BlockSize)
                {
                    Compress(_block, 0);
                    _inBlock = 0;
                }
            }
        }

        /// <summary>The hash of everything since the start, 32 bytes; start again for the next.</summary>
        public byte[] Finish()
        {
            long bits = _length * 8;
            Update(new byte[] { 0x80 }, 0, 1);
            int zeros = _inBlock <= 56 ? 56 - _inBlock : 120 - _inBlock;
            byte[] end = new byte[zeros + 8];
            for (int i = 0; i < 8; i++)
            {
                end[zeros + i] = (byte)(bits >> (56 - 8 * i));
            }

            Update(end, 0, end.Length);
            byte[] hash = new byte[Size];
            for (int i = 0; i < 8; i++)
            {
                uint word = _state[i];
                hash[4 * i] = (byte)(word >> 24);
                hash[4 * i + 1] = (byte)(word >> 16);
                hash[4 * i + 2] = (byte)(word >> 8);
                hash[4 * i + 3] = (byte)word;
            }

            return hash;
        }

        private static uint Word(byte[] data, int at)
        {
            return (uint)(data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]);
        }

        // Twice = the word beside itself, so that a shift of it is a rotation; maj(a, b, c) = b ^ (a ^ b & b ^ c).
        private void Compress(byte[] data, int offset)
        {
            const ulong Twice = 0x100000001;
            uint[] k = _k;
            uint a = _state[0];
            uint b = _state[1];
            uint c = _state[2];
            uint d = _state[3];
            uint e = _state[4];
            uint f = _state[5];
            uint g = _state[6];
            uint h = _state[7];
            uint w0 = Word(data, offset);
            uint w1 = Word(data, offset + 4);
            uint w2 = Word(data, offset + 8);
            uint w3 = Word(data, offset + 12);
            uint w4 = Word(data, offset + 16);
            uint w5 = Word(data, offset + 20);
            uint w6 = Word(data, offset + 24);
            uint w7 = Word(data, offset + 28);
            uint w8 = Word(data, offset + 32);
            uint w9 = Word(data, offset + 36);
            uint w10 = Word(data, offset + 40);
            uint w11 = Word(data, offset + 44);
            uint w12 = Word(data, offset + 48);
            uint w13 = Word(data, offset + 52);
            uint w14 = Word(data, offset + 56);
            uint w15 = Word(data, offset + 60);
            uint bc = b ^ c;
            uint ab;
            ulong x;
            uint t;
            for (int i = 0; ; i += 16)
            {
                x = e * Twice;
                t = h + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (g ^ e & (f ^ g)) + k[i] + w0;
                d += t;
                x = a * Twice;
                ab = a ^ b;
                h = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (b ^ ab & bc);
                x = d * Twice;
                t = g + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (f ^ d & (e ^ f)) + k[i + 1] + w1;
                c += t;
                x = h * Twice;
                bc = h ^ a;
                g = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (a ^ bc & ab);
                x = c * Twice;
                t = f + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (e ^ c & (d ^ e)) + k[i + 2] + w2;
                b += t;
                x = g * Twice;
                ab = g ^ h;
                f = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (h ^ ab & bc);
                x = b * Twice;
                t = e + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (d ^ b & (c ^ d)) + k[i + 3] + w3;
                a += t;
                x = f * Twice;
                bc = f ^ g;
                e = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (g ^ bc & ab);
                x = a * Twice;
                t = d + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (c ^ a & (b ^ c)) + k[i + 4] + w4;
                h += t;
                x = e * Twice;
                ab = e ^ f;
                d = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (f ^ ab & bc);
                x = h * Twice;
                t = c + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (b ^ h & (a ^ b)) + k[i + 5] + w5;
                g += t;
                x = d * Twice;
                bc = d ^ e;
                c = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (e ^ bc & ab);
                x = g * Twice;
                t = b + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (a ^ g & (h ^ a)) + k[i + 6] + w6;
                f += t;
                x = c * Twice;
                ab = c ^ d;
                b = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (d ^ ab & bc);
                x = f * Twice;
                t = a + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (h ^ f & (g ^ h)) + k[i + 7] + w7;
                e += t;
                x = b * Twice;
                bc = b ^ c;
                a = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (c ^ bc & ab);
                x = e * Twice;
                t = h + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (g ^ e & (f ^ g)) + k[i + 8] + w8;
                d += t;
                x = a * Twice;
                ab = a ^ b;
                h = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (b ^ ab & bc);
                x = d * Twice;
                t = g + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (f ^ d & (e ^ f)) + k[i + 9] + w9;
                c += t;
                x = h * Twice;
                bc = h ^ a;
                g = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (a ^ bc & ab);
                x = c * Twice;
                t = f + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (e ^ c & (d ^ e)) + k[i + 10] + w10;
                b += t;
                x = g * Twice;
                ab = g ^ h;
                f = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (h ^ ab & bc);
                x = b * Twice;
                t = e + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (d ^ b & (c ^ d)) + k[i + 11] + w11;
                a += t;
                x = f * Twice;
                bc = f ^ g;
                e = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (g ^ bc & ab);
                x = a * Twice;
                t = d + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (c ^ a & (b ^ c)) + k[i + 12] + w12;
                h += t;
                x = e * Twice;
                ab = e ^ f;
                d = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (f ^ ab & bc);
                x = h * Twice;
                t = c + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (b ^ h & (a ^ b)) + k[i + 13] + w13;
                g += t;
                x = d * Twice;
                bc = d ^ e;
                c = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (e ^ bc & ab);
                x = g * Twice;
                t = b + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (a ^ g & (h ^ a)) + k[i + 14] + w14;
                f += t;
                x = c * Twice;
                ab = c ^ d;
                b = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (d ^ ab & bc);
                x = f * Twice;
                t = a + (uint)(x >> 6 ^ x >> 11 ^ x >> 25) + (h ^ f & (g ^ h)) + k[i + 15] + w15;
                e += t;
                x = b * Twice;
                bc = b ^ c;
                a = t + (uint)(x >> 2 ^ x >> 13 ^ x >> 22) + (c ^ bc & ab);
                if (i == 48)
                {
                    break;
                }

                x = w1 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w1 >> 3;
                x = w14 * Twice;
                w0 += t + w9 + ((uint)(x >> 17 ^ x >> 19) ^ w14 >> 10);
                x = w2 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w2 >> 3;
                x = w15 * Twice;
                w1 += t + w10 + ((uint)(x >> 17 ^ x >> 19) ^ w15 >> 10);
                x = w3 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w3 >> 3;
                x = w0 * Twice;
                w2 += t + w11 + ((uint)(x >> 17 ^ x >> 19) ^ w0 >> 10);
                x = w4 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w4 >> 3;
                x = w1 * Twice;
                w3 += t + w12 + ((uint)(x >> 17 ^ x >> 19) ^ w1 >> 10);
                x = w5 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w5 >> 3;
                x = w2 * Twice;
                w4 += t + w13 + ((uint)(x >> 17 ^ x >> 19) ^ w2 >> 10);
                x = w6 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w6 >> 3;
                x = w3 * Twice;
                w5 += t + w14 + ((uint)(x >> 17 ^ x >> 19) ^ w3 >> 10);
                x = w7 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w7 >> 3;
                x = w4 * Twice;
                w6 += t + w15 + ((uint)(x >> 17 ^ x >> 19) ^ w4 >> 10);
                x = w8 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w8 >> 3;
                x = w5 * Twice;
                w7 += t + w0 + ((uint)(x >> 17 ^ x >> 19) ^ w5 >> 10);
                x = w9 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w9 >> 3;
                x = w6 * Twice;
                w8 += t + w1 + ((uint)(x >> 17 ^ x >> 19) ^ w6 >> 10);
                x = w10 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w10 >> 3;
                x = w7 * Twice;
                w9 += t + w2 + ((uint)(x >> 17 ^ x >> 19) ^ w7 >> 10);
                x = w11 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w11 >> 3;
                x = w8 * Twice;
                w10 += t + w3 + ((uint)(x >> 17 ^ x >> 19) ^ w8 >> 10);
                x = w12 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w12 >> 3;
                x = w9 * Twice;
                w11 += t + w4 + ((uint)(x >> 17 ^ x >> 19) ^ w9 >> 10);
                x = w13 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w13 >> 3;
                x = w10 * Twice;
                w12 += t + w5 + ((uint)(x >> 17 ^ x >> 19) ^ w10 >> 10);
                x = w14 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w14 >> 3;
                x = w11 * Twice;
                w13 += t + w6 + ((uint)(x >> 17 ^ x >> 19) ^ w11 >> 10);
                x = w15 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w15 >> 3;
                x = w12 * Twice;
                w14 += t + w7 + ((uint)(x >> 17 ^ x >> 19) ^ w12 >> 10);
                x = w0 * Twice;
                t = (uint)(x >> 7 ^ x >> 18) ^ w0 >> 3;
                x = w13 * Twice;
                w15 += t + w8 + ((uint)(x >> 17 ^ x >> 19) ^ w13 >> 10);
            }

            _state[0] += a;
            _state[1] += b;
            _state[2] += c;
            _state[3] += d;
            _state[4] += e;
            _state[5] += f;
            _state[6] += g;
            _state[7] += h;
        }

        private static uint[] RoundConstants()
        {
            return new uint[]
            {
                0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
                0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
                0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
                0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
                0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
                0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
                0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
                0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2,
            };
        }
    }
}
