extern alias host;

global using Xunit;
global using ScaledClock = host::DePin.Host.ScaledClock;
