using DePin.Contracts.Updates;
using DePin.Node.Metering;

namespace DePin.Node.Update
{
    /// <summary>
    /// When a trial may begin: with the charge that the release asks for, by day, and while nobody uses the output, the latter two
    /// for ten minutes on end. A meter that stopped seeing the sun, or an output that never rests, must not keep a node from its
    /// update for ever: after a day of waiting only the battery counts.
    /// </summary>
    public sealed class Readiness
    {
        private readonly int _duskMicrowatts;
        private long _darkAt;
        private long _usedAt;
        private long _waitsSince = -1;
        private int _batteryPermille;

        /// <param name="duskMicrowatts">Panel power below which it is dark.</param>
        public Readiness(int duskMicrowatts)
        {
            _duskMicrowatts = duskMicrowatts;
        }

        /// <summary>Takes a sample. Without one for ten minutes nothing is known, so a start counts as dark and in use.</summary>
        public void Look(Sample sample, long uptimeSeconds)
        {
            _darkAt = sample.HarvestedMicrowatts < _duskMicrowatts ? uptimeSeconds : _darkAt;
            _usedAt = sample.DeliveredMicrowatts > Limits.OutputIdleMicrowatts ? uptimeSeconds : _usedAt;
            _batteryPermille = sample.BatteryPermille;
        }

        /// <summary>What it waits for, or none.</summary>
        /// <param name="manifest">The release.</param>
        /// <param name="unixSeconds">The time as far as it is known, else 0.</param>
        /// <param name="uptimeSeconds">Seconds since boot.</param>
        public UpdateReason Missing(ReleaseManifest manifest, long unixSeconds, long uptimeSeconds)
        {
            _waitsSince = _waitsSince < 0 ? uptimeSeconds : _waitsSince;
            bool isLong = uptimeSeconds - _waitsSince >= Limits.WaitSeconds;
            if (_batteryPermille < manifest.BatteryMinPermille)
            {
                return UpdateReason.Battery;
            }

            if (unixSeconds > 0 && unixSeconds < manifest.NotBeforeUnixSeconds)
            {
                return UpdateReason.NotBefore;
            }

            if (!isLong && uptimeSeconds - _darkAt < Limits.SettledSeconds)
            {
                return UpdateReason.Night;
            }

            return !isLong && uptimeSeconds - _usedAt < Limits.SettledSeconds ? UpdateReason.OutputInUse : UpdateReason.None;
        }
    }
}
