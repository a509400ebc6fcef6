using System;
using DePin.Node.Outbox;
using DePin.Node.Signing;

namespace DePin.Loader
{
    /// <summary>Hands the board over to a program. On a board a program that works never comes back: it reboots.</summary>
    public interface IHandOver
    {
        /// <summary>Loads a bundle and starts it.</summary>
        /// <param name="bundle">The .pe, which belongs to the CLR from then on.</param>
        /// <param name="firmware">First 8 bytes of its SHA-256.</param>
        void ToBundle(byte[] bundle, byte[] firmware);

        /// <summary>Starts the copy in the deployment image.</summary>
        void ToFactory();
    }

    /// <summary>
    /// Chooses what runs: the active slot, checked against its hash; after three starts that nobody confirmed, or where it is not
    /// whole or does not load, the former one; where neither can run, the factory copy. Every attempt is noted before it
    /// begins, as one more byte in the file "attempts"; a program that is logged in deletes that file.
    /// </summary>
    public sealed class Starter
    {
        /// <summary>File that the running program deletes when it works.</summary>
        public const string Attempts = "attempts";

        /// <summary>Starts without a confirmation before the loader goes back.</summary>
        public const int MaxAttempts = 3;

        private readonly IFlash _flash;
        private readonly IHandOver _handOver;

        /// <param name="flash">Where slots and record are.</param>
        /// <param name="handOver">Starts programs.</param>
        public Starter(IFlash flash, IHandOver handOver)
        {
            _flash = flash;
            _handOver = handOver;
        }

        /// <summary>Name of the file of a slot.</summary>
        public static string FileOf(int slot)
        {
            return slot == 1 ? "a.pe" : "b.pe";
        }

        /// <summary>Starts one of them.</summary>
        public void Run()
        {
            SlotRecord record = SlotRecord.Load(_flash);
            if (record.Active != SlotRecord.Factory && CountAttempts() >= MaxAttempts)
            {
                record = GoBack(record);
            }

            for (int tries = 0; tries < 2 && record.Active != SlotRecord.Factory; tries++)
            {
                if (Try(record))
                {
                    return;
                }

                record = GoBack(record);
            }

            _handOver.ToFactory();
        }

        private bool Try(SlotRecord record)
        {
            byte[]? bundle = _flash.Read(FileOf(record.Active));
            byte[] hash = bundle == null ? new byte[32] : Sha256.Hash(bundle, 0, bundle.Length);
            if (!record.IsBundleOf(record.Active, bundle, hash))
            {
                Console.WriteLine("The bundle in slot " + record.Active + " is not whole.");
                return false;
            }

            byte[] firmware = new byte[8];
            Array.Copy(hash, firmware, 8);
            _flash.Write(Attempts, new byte[CountAttempts() + 1]);
            try
            {
                _handOver.ToBundle(bundle!, firmware);
                return true;
            }
            catch (Exception problem)
            {
                Console.WriteLine("Slot " + record.Active + " does not load: " + problem.Message);
                return false;
            }
        }

        // To the former slot; from there to the factory copy, which is never left by itself.
        private SlotRecord GoBack(SlotRecord record)
        {
            bool canUseFormer = record.Former != record.Active && record.Former != SlotRecord.Factory;
            SlotRecord back = record.WithActive(canUseFormer ? record.Former : SlotRecord.Factory);
            if (canUseFormer)
            {
                // What failed is nowhere to come back to.
                back = back.WithBundle(record.Active, 0, new byte[32]);
            }

            back.Save(_flash);
            _flash.Delete(Attempts);
            return SlotRecord.Load(_flash);
        }

        private int CountAttempts()
        {
            byte[]? attempts = _flash.Read(Attempts);
            return attempts == null ? 0 : attempts.Length;
        }
    }
}
