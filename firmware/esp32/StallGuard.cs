using System;
using System.Threading;
using DePin.Node.Outbox;
using DePin.Node.Update;
using nanoFramework.Runtime.Native;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// Reboots where the main loop has not come round for two minutes though managed code runs, and notes it for the loader: a bundle on trial that
    /// hangs is left for that. Until then it feeds the external watchdog, which does the same where all managed code stands still, without a note.
    /// </summary>
    public sealed class StallGuard
    {
        private const int LimitMilliseconds = 120000;
        private const int LookMilliseconds = 500;
        private readonly Pins _pins;
        private readonly IFlash _slots;
        private readonly Timer _timer;
        private long _beat;

        /// <summary>Begins to guard.</summary>
        /// <param name="pins">Where the watchdog is fed.</param>
        /// <param name="slots">Where the loader's files are.</param>
        public StallGuard(Pins pins, IFlash slots)
        {
            _pins = pins;
            _slots = slots;
            _beat = Environment.TickCount64;
            _timer = new Timer(Look, null, LookMilliseconds, LookMilliseconds);
        }

        /// <summary>The loop came round.</summary>
        public void Beat(long milliseconds)
        {
            _beat = milliseconds;
        }

        /// <summary>Whether a loop that last came round then is stalled now.</summary>
        public static bool IsStalled(long beat, long milliseconds)
        {
            return milliseconds - beat > LimitMilliseconds;
        }

        private void Look(object? state)
        {
            if (!IsStalled(_beat, Environment.TickCount64))
            {
                _pins.FeedWatchdog();
            }
            else
            {
                Console.WriteLine("The main loop stands still: rebooting.");
                _timer.Dispose();
                SlotFiles.MarkStall(_slots);
                Power.RebootDevice(RebootOption.NormalReboot);
            }
        }
    }
}
