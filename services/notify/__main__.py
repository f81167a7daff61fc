from services.chassis.running import main

main("notify")
