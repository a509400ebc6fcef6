using System;
using System.Threading;
using nanoFramework.Runtime.Native;

namespace DePin.Node.Esp32
{
    /// <summary>Where the board begins: by itself, or started by the loader, which knows what it loaded.</summary>
    public static class Program
    {
        private const int RestMilliseconds = 5000;

        /// <summary>The factory copy runs in place.</summary>
        public static void Main()
        {
            Start(new byte[8]);
        }

        /// <summary>Runs until something unforeseen happens, then starts the board anew: flash keeps what was measured.</summary>
        public static void Start(byte[] firmware)
        {
            try
            {
                new Board(firmware).Run();
            }
            catch (Exception problem)
            {
                Console.WriteLine("Rebooting after " + problem.Message);
                Thread.Sleep(RestMilliseconds);
                Power.RebootDevice(RebootOption.NormalReboot);
            }
        }
    }
}
