namespace DePin.Node.Esp32
{
    /// <summary>Charge from voltage, by straight lines between the points of the profile. Rough in the flat middle of this chemistry, good at its ends.</summary>
    public static class BatteryCharge
    {
        /// <param name="millivolts">Voltage now.</param>
        /// <param name="points">Voltages, falling.</param>
        /// <param name="permille">Charges that belong to them.</param>
        public static int Permille(int millivolts, int[] points, int[] permille)
        {
            if (millivolts >= points[0])
            {
                return permille[0];
            }

            for (int i = 1; i < points.Length; i++)
            {
                if (millivolts >= points[i])
                {
                    return permille[i] + (millivolts - points[i]) * (permille[i - 1] - permille[i]) / (points[i - 1] - points[i]);
                }
            }

            return permille[permille.Length - 1];
        }
    }
}
