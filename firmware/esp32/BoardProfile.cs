namespace DePin.Node.Esp32
{
    /// <summary>What the board's hardware is: hardware/profiles/lamp-small.json, written by "tools/depin profile lamp-small --csharp".</summary>
    public static class BoardProfile
    {
        /// <summary>Name in registrations.</summary>
        public const string Name = "lamp-small";

        /// <summary>Number in batches.</summary>
        public const int Number = 1;

        /// <summary>I2C address of the meter of the panel.</summary>
        public const int PanelMeterAddress = 64;

        /// <summary>Its shunt.</summary>
        public const int PanelShuntMicroohms = 100000;

        /// <summary>Its correction.</summary>
        public const int PanelGainPartsPerMillion = 1000000;

        /// <summary>I2C address of the meter of the output.</summary>
        public const int LoadMeterAddress = 65;

        /// <summary>Its shunt.</summary>
        public const int LoadShuntMicroohms = 100000;

        /// <summary>Its correction.</summary>
        public const int LoadGainPartsPerMillion = 1000000;

        /// <summary>I2C address of the meter of the grid input; 0 where there is none.</summary>
        public const int GridMeterAddress = 0;

        /// <summary>Its shunt.</summary>
        public const int GridShuntMicroohms = 0;

        /// <summary>Its correction.</summary>
        public const int GridGainPartsPerMillion = 0;

        /// <summary>Number of the I2C bus.</summary>
        public const int I2cBus = 1;

        /// <summary>Its data line.</summary>
        public const int SdaPin = 21;

        /// <summary>Its clock line.</summary>
        public const int SclPin = 22;

        /// <summary>The button, low when pressed.</summary>
        public const int ButtonPin = 27;

        /// <summary>The output's switch, PWM.</summary>
        public const int OutputPin = 25;

        /// <summary>The status light.</summary>
        public const int StatusLightPin = 26;

        /// <summary>Feeds the external watchdog.</summary>
        public const int WatchdogPin = 32;

        /// <summary>The case switch, low when closed.</summary>
        public const int CaseSwitchPin = 33;

        /// <summary>Longest sleep of the radio between sessions; 0 where it stays on.</summary>
        public const int RadioSleepSeconds = 3300;

        /// <summary>Panel power below which it is dark.</summary>
        public const int DuskMicrowatts = 25000;

        /// <summary>Voltages of the battery at rest, falling.</summary>
        public static int[] ChargeMillivolts()
        {
            return new int[] { 3340, 3320, 3300, 3280, 3260, 3220, 3200, 3100, 3000, 2500 };
        }

        /// <summary>Charges that belong to the voltages.</summary>
        public static int[] ChargePermille()
        {
            return new int[] { 1000, 900, 700, 500, 400, 200, 140, 90, 50, 0 };
        }

        /// <summary>Minutes after dusk at which the steps of the night end.</summary>
        public static int[] NightMinutes()
        {
            return new int[] { 240, 330, 690 };
        }

        /// <summary>Brightness of these steps.</summary>
        public static int[] NightPermille()
        {
            return new int[] { 1000, 400, 50 };
        }
    }
}
