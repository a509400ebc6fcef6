using System;

namespace DePin.Node.Esp32
{
    /// <summary>Uptime from the CLR, and the calendar once SNTP has set the system's clock, which stands in 1970 before.</summary>
    public sealed class DeviceClock : IClock
    {
        /// <inheritdoc />
        public long UptimeMilliseconds { get { return Environment.TickCount64; } }

        /// <inheritdoc />
        public long LinkMilliseconds { get { return Environment.TickCount64; } }

        /// <inheritdoc />
        public long UnixSeconds
        {
            get
            {
                long now = DateTime.UtcNow.ToUnixTimeSeconds();
                return now < Limits.EarliestUnixSeconds ? 0 : now;
            }
        }
    }
}
