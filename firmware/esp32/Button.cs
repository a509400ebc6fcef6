using DePin.Node.Pairing;

namespace DePin.Node.Esp32
{
    /// <summary>A button that a person presses, debounced: a level counts after 30 ms.</summary>
    public sealed class Button : IButton
    {
        /// <summary>Nothing happened.</summary>
        public const int None = 0;

        /// <summary>Pressed and let go within two seconds: the light is switched.</summary>
        public const int Short = 1;

        /// <summary>Held for ten seconds: local set-up.</summary>
        public const int Long = 2;

        private const int DebounceMilliseconds = 30;
        private const int ShortMilliseconds = 2000;
        private const int LongMilliseconds = 10000;
        private bool _isDown;
        private bool _seenDown;
        private long _seenSince;
        private long _downSince;
        private bool _isTold;

        /// <inheritdoc />
        public int Presses { get; private set; }

        /// <summary>Takes the level seen now and answers what happened, once.</summary>
        public int Look(bool isDown, long milliseconds)
        {
            if (isDown != _seenDown)
            {
                _seenDown = isDown;
                _seenSince = milliseconds;
            }

            if (_seenDown == _isDown || milliseconds - _seenSince < DebounceMilliseconds)
            {
                return HeldLong(milliseconds);
            }

            _isDown = _seenDown;
            if (_isDown)
            {
                _downSince = _seenSince;
                _isTold = false;
                return None;
            }

            if (_isTold || _seenSince - _downSince > ShortMilliseconds)
            {
                return None;
            }

            Presses++;
            return Short;
        }

        private int HeldLong(long milliseconds)
        {
            if (!_isDown || _isTold || milliseconds - _downSince < LongMilliseconds)
            {
                return None;
            }

            _isTold = true;
            return Long;
        }
    }
}
