using System;
using DePin.Contracts;
using DePin.Node.Outbox;

namespace DePin.Loader
{
    /// <summary>
    /// Which bundle runs, in two files in turn, each with a serial number and a CRC-32: serial 8 bytes, active and former slot one
    /// byte each (0 factory copy, 1 and 2), then for either slot its length (4 bytes) and SHA-256 (32 bytes), all little-endian,
    /// and the CRC-32.
    /// </summary>
    public sealed class SlotRecord
    {
        /// <summary>The copy in the deployment image.</summary>
        public const int Factory = 0;

        private const int SlotSize = 36;
        private const int Size = 8 + 2 + 2 * SlotSize + 4;
        private readonly byte[] _content;

        private SlotRecord(byte[] content)
        {
            _content = content;
        }

        /// <summary>Number of the slot that runs.</summary>
        public int Active { get { return _content[8]; } }

        /// <summary>Number of the slot that ran before.</summary>
        public int Former { get { return _content[9]; } }

        /// <summary>The newest whole record; where there is none, the factory copy runs.</summary>
        public static SlotRecord Load(IFlash flash)
        {
            SlotRecord newest = new SlotRecord(new byte[Size]);
            for (int i = 0; i < 2; i++)
            {
                byte[]? file = flash.Read(Name(i));
                bool isWhole = file != null && file.Length == Size && Crc32.Of(file, 0, Size - 4) == BitConverter.ToUInt32(file, Size - 4);
                if (isWhole && BitConverter.ToInt64(file!, 0) > newest.Serial && file![8] <= 2 && file[9] <= 2)
                {
                    newest = new SlotRecord(file);
                }
            }

            return newest;
        }

        /// <summary>Whether the bytes are the bundle of a slot.</summary>
        /// <param name="slot">1 or 2.</param>
        /// <param name="bundle">The bytes on flash, or null.</param>
        /// <param name="hash">Their SHA-256.</param>
        public bool IsBundleOf(int slot, byte[]? bundle, byte[] hash)
        {
            int at = At(slot);
            if (bundle == null || bundle.Length == 0 || bundle.Length != BitConverter.ToInt32(_content, at))
            {
                return false;
            }

            for (int i = 0; i < hash.Length; i++)
            {
                if (hash[i] != _content[at + 4 + i])
                {
                    return false;
                }
            }

            return true;
        }

        /// <summary>A record in which another slot runs.</summary>
        public SlotRecord WithActive(int slot)
        {
            SlotRecord record = Copy();
            record._content[9] = _content[8];
            record._content[8] = (byte)slot;
            return record;
        }

        /// <summary>A record in which a slot holds a bundle.</summary>
        public SlotRecord WithBundle(int slot, int length, byte[] hash)
        {
            SlotRecord record = Copy();
            Array.Copy(BitConverter.GetBytes(length), 0, record._content, At(slot), 4);
            Array.Copy(hash, 0, record._content, At(slot) + 4, 32);
            return record;
        }

        /// <summary>Writes it over the older of the two files.</summary>
        public void Save(IFlash flash)
        {
            long serial = Serial + 1;
            Array.Copy(BitConverter.GetBytes(serial), _content, 8);
            Array.Copy(BitConverter.GetBytes(Crc32.Of(_content, 0, Size - 4)), 0, _content, Size - 4, 4);
            flash.Write(Name((int)(serial & 1)), _content);
        }

        private long Serial { get { return BitConverter.ToInt64(_content, 0); } }

        private SlotRecord Copy()
        {
            byte[] content = new byte[Size];
            Array.Copy(_content, content, Size);
            return new SlotRecord(content);
        }

        private static int At(int slot)
        {
            return 10 + (slot - 1) * SlotSize;
        }

        private static string Name(int index)
        {
            return index == 0 ? "choice-0" : "choice-1";
        }
    }
}
