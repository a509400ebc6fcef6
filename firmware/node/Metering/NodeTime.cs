using DePin.Contracts.Metering;

namespace DePin.Node.Metering
{
    /// <summary>
    /// What the node believes of the calendar: Unix time = base + uptime. A receipt's time outranks the network's, which anybody
    /// can forge. Small differences are left alone, so that readings stay contiguous.
    /// </summary>
    public sealed class NodeTime
    {
        private long _base;
        private long _setAtSeconds = -1;
        private bool _isFromReceipt;

        /// <summary>Takes the network's time where nothing better is known; true when the node's time jumped.</summary>
        public bool OfferNetworkTime(long unixSeconds, long uptimeSeconds)
        {
            bool receiptIsFresh = _isFromReceipt && uptimeSeconds - _setAtSeconds < Limits.ClockFreshSeconds;
            return !receiptIsFresh && Offer(unixSeconds, uptimeSeconds, false, 0);
        }

        /// <summary>
        /// Takes the time of a receipt; true when the node's time jumped. A receipt was written somewhere between question and
        /// answer, so its time cannot correct the node's by less than that: a slow or delayed link never bends a good clock.
        /// </summary>
        public bool OfferReceiptTime(long unixSeconds, long uptimeSeconds, long secondsSinceAsked)
        {
            return Offer(unixSeconds, uptimeSeconds, true, secondsSinceAsked);
        }

        /// <summary>One of <see cref="ClockState"/>.</summary>
        public int StateAt(long uptimeSeconds)
        {
            if (_setAtSeconds < 0)
            {
                return ClockState.NeverSet;
            }

            return uptimeSeconds - _setAtSeconds <= Limits.ClockFreshSeconds ? ClockState.Fresh : ClockState.Aged;
        }

        /// <summary>Unix seconds at an uptime of this boot, 0 where the clock was never set.</summary>
        public long UnixAt(long uptimeSeconds)
        {
            return _setAtSeconds < 0 ? 0 : _base + uptimeSeconds;
        }

        private bool Offer(long unixSeconds, long uptimeSeconds, bool isReceipt, long oldAtMostSeconds)
        {
            if (unixSeconds < Limits.EarliestUnixSeconds || unixSeconds > MeteringLimits.CounterMax)
            {
                return false;
            }

            long difference = unixSeconds - uptimeSeconds - _base;
            bool jumps = _setAtSeconds < 0 || difference > Limits.ClockToleranceSeconds || difference < -Limits.ClockToleranceSeconds - oldAtMostSeconds;
            if (jumps)
            {
                _base = unixSeconds - uptimeSeconds;
            }

            _setAtSeconds = uptimeSeconds;
            _isFromReceipt = isReceipt || (_isFromReceipt && !jumps);
            return jumps;
        }
    }
}
