namespace DePin.Node
{
    /// <summary>What a node can know of time. The core never asks a wall clock; it is told.</summary>
    public interface IClock
    {
        /// <summary>Milliseconds since this boot, as the meter counts them.</summary>
        long UptimeMilliseconds { get; }

        /// <summary>
        /// Milliseconds for sockets, keep-alive and retries. On a board the same as <see cref="UptimeMilliseconds"/>; in a
        /// simulation that runs faster than life this one keeps real time.
        /// </summary>
        long LinkMilliseconds { get; }

        /// <summary>Unix seconds from the network's time (SNTP), 0 as long as it was not reached in this boot.</summary>
        long UnixSeconds { get; }
    }
}
