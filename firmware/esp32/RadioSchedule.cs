namespace DePin.Node.Esp32
{
    /// <summary>When the radio is on: always where the profile says so, else while something waits to be sent, after a press of the button, and once in its sleep time.</summary>
    public sealed class RadioSchedule
    {
        private const int IdleSeconds = 60;
        private const int AwakeSeconds = 600;
        private readonly int _sleepSeconds;
        private long _idleSince;
        private long _sleepsSince = -1;
        private long _awakeUntil;

        /// <param name="sleepSeconds">Longest sleep; 0 for none.</param>
        public RadioSchedule(int sleepSeconds)
        {
            _sleepSeconds = sleepSeconds;
        }

        /// <summary>A person pressed the button: the radio is on for ten minutes, so that the node can be paired.</summary>
        public void Wake(long uptimeSeconds)
        {
            _awakeUntil = uptimeSeconds + AwakeSeconds;
        }

        /// <summary>Whether the radio shall be on now.</summary>
        public bool IsOn(bool hasWork, bool isOnline, long uptimeSeconds)
        {
            if (_sleepSeconds == 0)
            {
                return true;
            }

            hasWork |= uptimeSeconds < _awakeUntil;
            if (_sleepsSince >= 0)
            {
                if (!hasWork && uptimeSeconds - _sleepsSince < _sleepSeconds)
                {
                    return false;
                }

                _sleepsSince = -1;
                _idleSince = uptimeSeconds;
                return true;
            }

            _idleSince = hasWork || !isOnline ? uptimeSeconds : _idleSince;
            if (uptimeSeconds - _idleSince >= IdleSeconds)
            {
                _sleepsSince = uptimeSeconds;
                return false;
            }

            return true;
        }
    }
}
