using System;

namespace DePin.Node.Outbox
{
    /// <summary>Keeps the state in two files in turn, each with a serial number and a checksum: a cut can spoil only the older one.</summary>
    public sealed class StateFiles
    {
        private readonly IFlash _flash;
        private readonly NodeCounts _counts;
        private long _serial;

        /// <param name="flash">Where the two files are.</param>
        /// <param name="counts">Where writes and damage are counted.</param>
        public StateFiles(IFlash flash, NodeCounts counts)
        {
            _flash = flash;
            _counts = counts;
        }

        /// <summary>The newest whole state, or null where there is none.</summary>
        public NodeState? Load()
        {
            NodeState? newest = null;
            for (int i = 0; i < 2; i++)
            {
                byte[]? file = _flash.Read(Name(i));
                if (file == null || file.Length == 0)
                {
                    continue;
                }

                long serial = 0;
                NodeState? state = file.Length < 12 ? null : Check(file, out serial);
                if (state == null)
                {
                    _counts.FilesDamaged++;
                }
                else if (newest == null || serial > _serial)
                {
                    newest = state;
                    _serial = serial;
                }
            }

            return newest;
        }

        /// <summary>Writes the state over the older of the two files.</summary>
        public void Save(NodeState state)
        {
            _serial++;
            byte[] content = state.Encode();
            byte[] file = new byte[content.Length + 12];
            Array.Copy(content, 0, file, 8, content.Length);
            PutNumber(file, 0, _serial, 8);
            PutNumber(file, file.Length - 4, Crc32.Of(file, 0, file.Length - 4), 4);
            _flash.Write(Name((int)(_serial & 1)), file);
            _counts.FlashWrites++;
        }

        private static string Name(int index)
        {
            return index == 0 ? "state-0" : "state-1";
        }

        private static NodeState? Check(byte[] file, out long serial)
        {
            serial = GetNumber(file, 0, 8);
            bool isWhole = GetNumber(file, file.Length - 4, 4) == Crc32.Of(file, 0, file.Length - 4);
            return isWhole ? NodeState.Decode(file, 8, file.Length - 12) : null;
        }

        private static void PutNumber(byte[] bytes, int offset, long value, int size)
        {
            for (int i = 0; i < size; i++)
            {
                bytes[offset + i] = (byte)(value >> (8 * i));
            }
        }

        private static long GetNumber(byte[] bytes, int offset, int size)
        {
            long value = 0;
            for (int i = size - 1; i >= 0; i--)
            {
                value = (value << 8) | bytes[offset + i];
            }

            return value;
        }
    }
}
