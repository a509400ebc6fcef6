Console.WriteLine("depin");
