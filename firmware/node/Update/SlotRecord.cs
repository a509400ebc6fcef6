using System;
using DePin.Node.Outbox;

namespace DePin.Node.Update
{
    /// <summary>
    /// Which bundle runs: what loader and node tell each other, in the twin file "choice". One byte each for the active slot,
    /// the former one (0 factory copy, 1 and 2), whether the active one is on trial, and why the last one was left; the highest
    /// security level that was ever confirmed (4 bytes); then for either slot length (4), build (4) and SHA-256 (32) of its
    /// bundle, all little-endian. A slot of length 0 holds nothing.
    /// </summary>
    public sealed class SlotRecord
    {
        /// <summary>The copy in the deployment image.</summary>
        public const int Factory = 0;

        /// <summary>Nothing was left by the loader.</summary>
        public const int LeftNone = 0;

        /// <summary>It started too often without showing that it works.</summary>
        public const int LeftCrashed = 1;

        /// <summary>The CLR refused it, or it has no entry.</summary>
        public const int LeftDidNotLoad = 2;

        /// <summary>The bytes on flash are not the bundle.</summary>
        public const int LeftNotWhole = 3;

        /// <summary>It started too often, and stood still each time until the board was started anew.</summary>
        public const int LeftHung = 4;

        private const int SecurityAt = 4;
        private const int SlotsAt = 8;
        private const int SlotSize = 40;
        private const int Size = SlotsAt + 2 * SlotSize;
        private const int HashSize = 32;
        private readonly TwinFile _file;
        private readonly byte[] _content;

        private SlotRecord(TwinFile file, byte[] content)
        {
            _file = file;
            _content = content;
        }

        /// <summary>Number of the slot that runs.</summary>
        public int Active { get { return _content[0]; } }

        /// <summary>Number of the slot that ran before, to go back to.</summary>
        public int Former { get { return _content[1]; } }

        /// <summary>Whether the active slot is on trial.</summary>
        public bool IsTrial { get { return _content[2] != 0; } }

        /// <summary>Why the loader left the last bundle: one of the constants; none once another one is tried.</summary>
        public int Left { get { return _content[3]; } }

        /// <summary>Highest security level that was ever confirmed.</summary>
        public long Security { get { return Bytes.GetNumber(_content, SecurityAt, 4); } }

        /// <summary>The newest whole record; where there is none, the factory copy runs.</summary>
        public static SlotRecord Load(IFlash flash)
        {
            TwinFile file = new TwinFile(flash, "choice");
            byte[]? content = file.Load();
            bool isRecord = content != null && content.Length == Size && content[0] <= 2 && content[1] <= 2;
            return new SlotRecord(file, isRecord ? content! : new byte[Size]);
        }

        /// <summary>Bytes of the bundle in a slot; 0 for none.</summary>
        public int LengthOf(int slot)
        {
            return slot == Factory ? 0 : (int)Bytes.GetNumber(_content, At(slot), 4);
        }

        /// <summary>Build of the bundle in a slot; 0 for the factory copy.</summary>
        public long BuildOf(int slot)
        {
            return slot == Factory ? 0 : Bytes.GetNumber(_content, At(slot) + 4, 4);
        }

        /// <summary>Whether this is the SHA-256 of the bundle in a slot.</summary>
        public bool HasHash(int slot, byte[] hash)
        {
            for (int i = 0; slot != Factory && i < HashSize; i++)
            {
                if (hash[i] != _content[At(slot) + 8 + i])
                {
                    return false;
                }
            }

            return slot != Factory;
        }

        /// <summary>A slot is about to be written: nothing goes back to it any more.</summary>
        public void Empty(int slot)
        {
            Array.Copy(new byte[SlotSize], 0, _content, At(slot), SlotSize);
            _content[1] = Former == slot ? (byte)Factory : _content[1];
        }

        /// <summary>A slot holds a bundle whose hash was checked; it is started on trial from the next start on.</summary>
        public void Try(int slot, int length, long build, byte[] hash)
        {
            Bytes.PutNumber(_content, At(slot), length, 4);
            Bytes.PutNumber(_content, At(slot) + 4, build, 4);
            Array.Copy(hash, 0, _content, At(slot) + 8, HashSize);
            _content[1] = _content[0];
            _content[0] = (byte)slot;
            _content[2] = 1;
            _content[3] = LeftNone;
        }

        /// <summary>The active slot works; its security level is the least that is taken from now on.</summary>
        public void Confirm(long security)
        {
            _content[2] = 0;
            Bytes.PutNumber(_content, SecurityAt, security > Security ? security : Security, 4);
        }

        /// <summary>Leaves the active slot for the former one, and where there is none for the factory copy. What failed is nowhere to come back to.</summary>
        public void GoBack(int left)
        {
            int failed = Active;
            _content[0] = _content[1] == failed ? (byte)Factory : _content[1];
            _content[1] = Factory;
            _content[2] = 0;
            _content[3] = (byte)left;
            if (failed != Factory)
            {
                Empty(failed);
            }
        }

        /// <summary>Writes it.</summary>
        public void Save()
        {
            _file.Save(_content);
        }

        private static int At(int slot)
        {
            return SlotsAt + (slot - 1) * SlotSize;
        }
    }
}
