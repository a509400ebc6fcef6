namespace DePin.Node
{
    /// <summary>Bounds of the node core. Times are milliseconds unless the name says otherwise.</summary>
    public static class Limits
    {
        /// <summary>Seconds of a reading until a config says otherwise.</summary>
        public const int SlotSeconds = 300;

        /// <summary>Readings of a batch until a config says otherwise.</summary>
        public const int BatchReadings = 12;

        /// <summary>Seconds between statuses until a config says otherwise.</summary>
        public const int StatusSeconds = 900;

        /// <summary>
        /// Bytes of flash for signed batches, released ones included, on a module with 2 MB of files: 192 blocks of 4 KB, 64 days
        /// of readings of 5 minutes. The rest is for updates, and free, so that writes spread.
        /// </summary>
        public const int OutboxBytes = 192 * 4096;

        /// <summary>The same on a module with 256 KB of files: 40 of its 64 blocks; the others are for state, certificates and littlefs.</summary>
        public const int SmallOutboxBytes = 40 * 4096;

        /// <summary>Time between two samples.</summary>
        public const int SampleMilliseconds = 1000;

        /// <summary>A pause between samples that the trapezoid still bridges; a TLS handshake takes 1 to 2 s.</summary>
        public const int BridgedMilliseconds = 5000;

        /// <summary>No CONNACK by then: the link is closed.</summary>
        public const int ConnectMilliseconds = 60000;

        /// <summary>No receipt by then: the link is closed.</summary>
        public const int AnswerMilliseconds = 30000;

        /// <summary>Longest wait before the first retry; it doubles with every failure.</summary>
        public const int RetryMilliseconds = 1000;

        /// <summary>Longest wait before any retry.</summary>
        public const int RetryMaxMilliseconds = 300000;

        /// <summary>A link that worked this long was a good one: the waits begin at the shortest again.</summary>
        public const int SteadyMilliseconds = 60000;

        /// <summary>Times the same message goes out in one login before the node waits.</summary>
        public const int MaxRepeats = 4;

        /// <summary>A difference to a trusted time up to which the node keeps its own count, so that readings stay contiguous.</summary>
        public const int ClockToleranceSeconds = 30;

        /// <summary>A clock set within this time counts as fresh (formats: clock 2).</summary>
        public const int ClockFreshSeconds = 86400;

        /// <summary>
        /// Earliest time a clock may be set to, 2001-01-01: clocks that were never set begin in 1970 or 2000. Not later, so that
        /// a node can also be run under a sky that was measured years ago.
        /// </summary>
        public const long EarliestUnixSeconds = 978307200;

        /// <summary>Sealed messages handled in one tick, at most.</summary>
        public const int MessagesPerTick = 8;

        /// <summary>The button left alone this long: its presses are counted.</summary>
        public const int PressQuietMilliseconds = 2000;

        /// <summary>Time between two sendings of the answer to a pairing's challenge.</summary>
        public const int PairResendMilliseconds = 10000;

        /// <summary>A change of where the node belongs is stored: so long its report may take before the node starts anew.</summary>
        public const int SettingsReportMilliseconds = 60000;

        /// <summary>From sending that report to the start anew, so that it leaves.</summary>
        public const int SettingsRestartMilliseconds = 5000;

        /// <summary>How long the light tells how a pairing ended.</summary>
        public const int PairLightMilliseconds = 10000;

        /// <summary>Blocks of a bundle that have not come by then are asked for again.</summary>
        public const int BlockWaitMilliseconds = 10000;

        /// <summary>Times they are asked for again in one session; the pause before doubles, and is random below that.</summary>
        public const int BlockTries = 5;

        /// <summary>Blocks between two reports of a download.</summary>
        public const int ReportBlocks = 16;

        /// <summary>Time between two sendings of a report that was not heard.</summary>
        public const int ReportMilliseconds = 60000;

        /// <summary>Daylight, and an output at rest, for so long before a trial begins.</summary>
        public const int SettledSeconds = 600;

        /// <summary>After so long only the battery keeps a trial from beginning.</summary>
        public const int WaitSeconds = 86400;

        /// <summary>Power to the user below which the output is at rest: what a meter and an idle converter show.</summary>
        public const int OutputIdleMicrowatts = 50000;

        /// <summary>Longest trial, over all its starts.</summary>
        public const int TrialSeconds = 86400;

        /// <summary>A trial goes back when the gateway was there for so long and nothing went on.</summary>
        public const int TrialReachedSeconds = 1800;

        /// <summary>A link that was away for longer than this in a trial was no link: twice the longest wait before a retry.</summary>
        public const int TrialPauseSeconds = 600;

        /// <summary>A program that measured for so long works, also where its readings are longer.</summary>
        public const int AliveSeconds = 300;

        /// <summary>The least of the link's own time for that: a simulation that runs faster than life answers in real time.</summary>
        public const int TrialReachedLinkMilliseconds = 60000;

        /// <summary>Flash for a slot on a module with 2 MB of files: as large as a bundle may be.</summary>
        public const int SlotBytes = 64 * 4096;
    }
}
