using System;
using System.Reflection;
using System.Threading;
using DePin.Node.Esp32;
using DePin.Node.Update;

namespace DePin.Loader
{
    /// <summary>The one program that is never updated over the air.</summary>
    public static class Program
    {
        private const string StartType = "DePin.Node.Esp32.Program";
        private const string StartMethod = "Start";
        private const string FactoryAssembly = "DePin.Node.Esp32";

        /// <summary>Where the board begins.</summary>
        public static void Main()
        {
            new Starter(new LittleFlash("I:\\slots\\"), new Reflected()).Run();

            // Everything came back: stand still, so that the external watchdog starts the board anew.
            Thread.Sleep(Timeout.Infinite);
        }

        private sealed class Reflected : IHandOver
        {
            public void ToBundle(byte[] bundle, byte[] firmware)
            {
                Start(Assembly.Load(bundle), firmware);
            }

            public void ToFactory()
            {
                Start(Assembly.Load(FactoryAssembly), new byte[8]);
            }

            public void Tell(string problem)
            {
                Console.WriteLine(problem);
            }

            private static void Start(Assembly assembly, byte[] firmware)
            {
                Type type = assembly.GetType(StartType) ?? throw new InvalidOperationException("it has no " + StartType);
                type.GetMethod(StartMethod)!.Invoke(null, new object[] { firmware, Starter.Version });
            }
        }
    }
}
