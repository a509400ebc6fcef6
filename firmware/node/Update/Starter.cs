using System;
using DePin.Node.Outbox;
using DePin.Node.Signing;

namespace DePin.Node.Update
{
    /// <summary>Hands the board over to a program. On a board a program that works never comes back: it reboots.</summary>
    public interface IHandOver
    {
        /// <summary>Loads a bundle and starts it; throws where it does not load.</summary>
        /// <param name="bundle">The .pe, which belongs to the CLR from then on.</param>
        /// <param name="firmware">First 8 bytes of its SHA-256.</param>
        void ToBundle(byte[] bundle, byte[] firmware);

        /// <summary>Starts the copy in the deployment image.</summary>
        void ToFactory();

        /// <summary>Why a bundle was left, in words, for whoever reads the board's console.</summary>
        void Tell(string problem);
    }

    /// <summary>
    /// The loader's choice of what runs: the active slot, checked against its hash; where it is not whole, does not load, or was
    /// started too often without a sign of life, the former one; where neither can run, the factory copy. Every start is noted
    /// before it begins, as one more byte in the file "attempts"; a program that measured for a reading's time deletes that file. What
    /// starts a board anew that stands still marks that byte first.
    /// </summary>
    public sealed class Starter
    {
        /// <summary>What a release can ask for as its least loader.</summary>
        public const int Version = 1;

        /// <summary>Starts of a bundle on trial before the loader goes back.</summary>
        public const int MaxTrialStarts = 3;

        /// <summary>
        /// The same for one that was confirmed once. Many, since a lamp with an empty battery starts again and again at dawn, and
        /// that is no fault of its firmware.
        /// </summary>
        public const int MaxStarts = 200;

        private readonly IFlash _flash;
        private readonly IHandOver _handOver;

        /// <param name="flash">Where slots and record are.</param>
        /// <param name="handOver">Starts programs.</param>
        public Starter(IFlash flash, IHandOver handOver)
        {
            _flash = flash;
            _handOver = handOver;
        }

        /// <summary>Starts one of them.</summary>
        public void Run()
        {
            SlotRecord record = SlotRecord.Load(_flash);
            byte[] starts = Starts();
            if (record.Active != SlotRecord.Factory && starts.Length >= (record.IsTrial ? MaxTrialStarts : MaxStarts))
            {
                GoBack(record, StoodStill(starts) ? SlotRecord.LeftHung : SlotRecord.LeftCrashed);
            }

            while (record.Active != SlotRecord.Factory)
            {
                int problem = Try(record);
                if (problem == SlotRecord.LeftNone)
                {
                    return;
                }

                GoBack(record, problem);
            }

            _handOver.ToFactory();
        }

        private int Try(SlotRecord record)
        {
            byte[]? bundle = SlotFiles.Read(_flash, record.Active, record.LengthOf(record.Active));
            byte[] hash = bundle == null ? new byte[Sha256.Size] : Sha256.Hash(bundle, 0, bundle.Length);
            if (bundle == null || bundle.Length == 0 || !record.HasHash(record.Active, hash))
            {
                _handOver.Tell("The bundle in slot " + record.Active + " is not whole.");
                return SlotRecord.LeftNotWhole;
            }

            byte[] firmware = new byte[8];
            Array.Copy(hash, firmware, 8);
            byte[] starts = Starts();
            byte[] oneMore = new byte[starts.Length + 1];
            Array.Copy(starts, oneMore, starts.Length);
            _flash.Write(SlotFiles.Attempts, oneMore);
            try
            {
                _handOver.ToBundle(bundle, firmware);
                return SlotRecord.LeftNone;
            }
            catch (Exception problem)
            {
                _handOver.Tell("Slot " + record.Active + " does not load: " + problem.Message);
                return SlotRecord.LeftDidNotLoad;
            }
        }

        // A cut between the two leaves the former bundle with the starts of this one, which are far from too many for it.
        private void GoBack(SlotRecord record, int left)
        {
            record.GoBack(left);
            record.Save();
            _flash.Delete(SlotFiles.Attempts);
        }

        private byte[] Starts()
        {
            return _flash.Read(SlotFiles.Attempts) ?? new byte[0];
        }

        // More often than not: a cut of the power between two stalls says nothing about the bundle.
        private static bool StoodStill(byte[] starts)
        {
            int stalls = 0;
            for (int i = 0; i < starts.Length; i++)
            {
                stalls += starts[i];
            }

            return 2 * stalls > starts.Length;
        }
    }
}
