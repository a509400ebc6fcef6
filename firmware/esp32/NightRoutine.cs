namespace DePin.Node.Esp32
{
    /// <summary>
    /// How bright the light is by itself: dusk is when the panel has given less than its threshold for ten minutes, dawn when it
    /// has given more for ten; in between the steps of the profile. A person's button outranks it until the next dawn.
    /// </summary>
    public sealed class NightRoutine
    {
        private const int SettledSeconds = 600;
        private readonly int[] _minutes;
        private readonly int[] _permille;
        private readonly int _duskMicrowatts;
        private bool _isNight;
        private bool _wasDark;
        private long _changedAt;
        private long _nightSince;
        private int _byHand = -1;

        /// <param name="minutes">Minutes after dusk at which each step ends, rising.</param>
        /// <param name="permille">Brightness of each step; after the last the light is off.</param>
        /// <param name="duskMicrowatts">Panel power below which it is dark.</param>
        public NightRoutine(int[] minutes, int[] permille, int duskMicrowatts)
        {
            _minutes = minutes;
            _permille = permille;
            _duskMicrowatts = duskMicrowatts;
        }

        /// <summary>A person pressed the button: what is on goes off, what is off goes on, until dawn.</summary>
        public void Toggle(long uptimeSeconds)
        {
            _byHand = Permille(uptimeSeconds) > 0 ? 0 : 1000;
        }

        /// <summary>Takes what the panel gives now.</summary>
        public void Look(int harvestedMicrowatts, long uptimeSeconds)
        {
            bool isDark = harvestedMicrowatts < _duskMicrowatts;
            if (isDark != _wasDark)
            {
                _wasDark = isDark;
                _changedAt = uptimeSeconds;
            }

            if (isDark == _isNight || uptimeSeconds - _changedAt < SettledSeconds)
            {
                return;
            }

            _isNight = isDark;
            _nightSince = uptimeSeconds;
            _byHand = isDark ? _byHand : -1;
        }

        /// <summary>Brightness now, 0 to 1000.</summary>
        public int Permille(long uptimeSeconds)
        {
            if (_byHand >= 0)
            {
                return _byHand;
            }

            long minutes = (uptimeSeconds - _nightSince) / 60;
            for (int i = 0; _isNight && i < _minutes.Length; i++)
            {
                if (minutes < _minutes[i])
                {
                    return _permille[i];
                }
            }

            return 0;
        }
    }
}
