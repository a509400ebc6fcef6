using System;
using System.Threading;
using nanoFramework.Runtime.Native;

namespace DePin.Node.Esp32
{
    /// <summary>
    /// Reboots where the main loop has not come round for two minutes though managed code runs. Where all of it stands still, the
    /// external watchdog does.
    /// </summary>
    public sealed class StallGuard
    {
        private const int LimitMilliseconds = 120000;
        private const int LookMilliseconds = 10000;
        private readonly Timer _timer;
        private long _beat;

        /// <summary>Begins to guard.</summary>
        public StallGuard()
        {
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
            if (IsStalled(_beat, Environment.TickCount64))
            {
                Console.WriteLine("The main loop stands still: rebooting.");
                _timer.Dispose();
                Power.RebootDevice(RebootOption.NormalReboot);
            }
        }
    }
}
