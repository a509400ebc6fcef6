using DePin.Node.Pairing;

namespace DePin.Node.Esp32
{
    /// <summary>What the node says with one light: so many short blinks, then a pause of two seconds.</summary>
    public static class LightCode
    {
        /// <summary>One blink: all is well.</summary>
        public const int Well = 1;

        /// <summary>Two: no Wi-Fi.</summary>
        public const int NoNetwork = 2;

        /// <summary>Three: the gateway does not answer or refuses.</summary>
        public const int NoGateway = 3;

        /// <summary>Four: a meter's chip does not answer, or is stuck.</summary>
        public const int SensorFault = 4;

        /// <summary>Five: no identity or no settings; a technician is needed.</summary>
        public const int NeedsTechnician = 5;

        /// <summary>Six: a pairing was refused.</summary>
        public const int Rejected = 6;

        /// <summary>Seven: credit waits for somebody's decision.</summary>
        public const int CreditHeld = 7;

        /// <summary>No number of blinks: a flicker, while a pairing waits for presses of the button.</summary>
        public const int Challenge = -1;

        /// <summary>No number of blinks: steadily on, when the node was paired.</summary>
        public const int Paired = -2;

        /// <summary>No number of blinks: slowly on and off, while the board's own Wi-Fi with its page is open.</summary>
        public const int SetUp = -3;

        /// <summary>What a pairing has to say comes first; of the rest the code that matters most.</summary>
        public static int Of(int presence, int otherwise)
        {
            return presence == PresenceLight.Challenge ? Challenge : presence == PresenceLight.Paired ? Paired : presence == PresenceLight.Rejected ? Rejected : otherwise;
        }

        /// <summary>The code that matters most now.</summary>
        public static int Of(bool hasIdentity, bool sensorsWork, bool hasNetwork, bool isOnline, bool isCreditHeld)
        {
            return !hasIdentity ? NeedsTechnician : !sensorsWork ? SensorFault : !hasNetwork ? NoNetwork : !isOnline ? NoGateway : isCreditHeld ? CreditHeld : Well;
        }
    }

    /// <summary>The light's rhythm: 150 ms on, 250 ms off for each blink; a flicker is 100 ms on, 100 ms off; slow is a second each.</summary>
    public sealed class StatusLight
    {
        private const int BlinkMilliseconds = 400;
        private const int OnMilliseconds = 150;
        private const int PauseMilliseconds = 2000;
        private const int FlickerMilliseconds = 200;
        private const int SlowMilliseconds = 2000;
        private int _code;
        private long _from;

        /// <summary>Whether the light is on at this moment while it shows a code; a new code begins with its first blink.</summary>
        public bool IsOn(int code, long milliseconds)
        {
            if (code < 0)
            {
                _code = code;
                int period = code == LightCode.SetUp ? SlowMilliseconds : FlickerMilliseconds;
                return code == LightCode.Paired || milliseconds % period < period / 2;
            }

            long length = _code * BlinkMilliseconds + PauseMilliseconds;
            if (code != _code || milliseconds - _from >= length)
            {
                _code = code;
                _from = milliseconds;
            }

            long at = milliseconds - _from;
            return at < _code * BlinkMilliseconds && at % BlinkMilliseconds < OnMilliseconds;
        }
    }
}
